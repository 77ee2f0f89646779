import assert from "node:assert/strict";
import { challengeRule } from "../../../../components/roles/edge/acmeSettings";
import { pairProblems } from "../../../../components/roles/edge/inputs";
import { edgeSettings } from "../../../../components/roles/edge/settings";
import { SettingsError } from "../../../../components/settings/problems";
import { parseRole } from "../../../../components/settings/roleSettings";
import { checkRules } from "../../../../components/settings/rules";
import { args } from "./support/pair";

const around = { location: "nbg1", domain: "www.example.com" };
const acmeOf = (acme: object) => parseRole(edgeSettings, { acme }, around).acme;

function mistakes(acme: object): string {
  try {
    acmeOf(acme);
    return "";
  } catch (error) {
    assert.ok(error instanceof SettingsError, String(error));
    return error.message;
  }
}

/** What the rule says when the stack has a token, or none. */
function problemsOf(
  acme: Parameters<typeof challengeRule.check>[0]["settings"]["edge"]["acme"],
  dnsToken?: string,
) {
  const problems = checkRules([challengeRule], { settings: { edge: { acme } }, given: { dnsToken } }, []);
  return problems.map(({ path }) => path);
}

const acme = { enabled: true, directory: "https://acme.example.com/dir" };

describe("edge.acme.challenge", () => {
  it("is an answer under the name when nobody says anything", () => {
    assert.equal(acmeOf({}).challenge, undefined);
    assert.deepEqual(problemsOf(acme), []);
  });

  it("by records needs a token for the zone, and a token or a wildcard needs records", () => {
    assert.deepEqual(problemsOf({ ...acme, challenge: "dns" }), ["dnsToken"]);
    assert.deepEqual(problemsOf({ ...acme, challenge: "dns", wildcards: ["*.example.com"] }, "token"), []);
    assert.deepEqual(problemsOf({ ...acme, wildcards: ["*.example.com"] }), ["edge.acme.wildcards"]);
    assert.deepEqual(problemsOf(acme, "token"), ["dnsToken"]);
    assert.deepEqual(problemsOf({ ...acme, enabled: false, challenge: "dns" }), []);
  });

  for (const wildcard of [
    "example.com",
    "*.*.example.com",
    "*.com",
    "a.*.example.com",
    "*example.com",
    "*.",
  ]) {
    it(`refuses ${wildcard} for a wildcard`, () =>
      assert.match(mistakes({ challenge: "dns", wildcards: [wildcard] }), /edge\.acme\.wildcards\[0\]/));
  }

  it("is refused of a pair that stands alone, too, before any resource", () => {
    const problems = (more: object) =>
      pairProblems({ ...args, ...more }).map(({ propertyPath }) => propertyPath);
    assert.deepEqual(problems({ acme: { challenge: "dns" } }), ["dnsToken"]);
    assert.deepEqual(problems({ acme: { wildcards: ["*.example.com"] } }), ["acme"]);
    assert.deepEqual(
      problems({ acme: { challenge: "dns", wildcards: ["*.example.com"] }, dnsToken: "t" }),
      [],
    );
  });
});
