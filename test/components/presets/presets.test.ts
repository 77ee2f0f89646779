import assert from "node:assert/strict";
import { join } from "node:path";
import { mixedRoles } from "../../../components/plan/layers";
import { comingParts } from "../../../components/plan/role";
import { planPlatform, presets, rolesOf } from "../../../components/presets";
import { PresetName } from "../../../components/presets/name";
import { comingPartProblems, presetProblems } from "../../../components/presets/problems";
import type { SettingsProblem } from "../../../components/settings/problems";
import { parseSettings } from "../../../components/stack/parse";
import type { PlatformSettings } from "../../../components/stack/settings";
import { readStackFile } from "../../../components/stack/stackFile";
import { seedSettings } from "../../support/settings";

const examples = join(__dirname, "../../../examples/presets");
const web = { image: "a/b:1", port: 80, pathPrefix: "/" };
const correct = { domain: "www.example.com", adminRanges: ["8.8.8.8/32"], app: { services: { web } } };
const withPreset = (preset: PresetName, rest: Partial<PlatformSettings> = {}): PlatformSettings => ({
  ...seedSettings,
  preset,
  ...rest,
});

function problemsOf(values: Readonly<Record<string, unknown>>): readonly SettingsProblem[] {
  try {
    parseSettings({ ...correct, ...values }, "prod");
    return [];
  } catch (error) {
    return (error as { readonly problems: readonly SettingsProblem[] }).problems;
  }
}

describe("presets", () => {
  for (const name of Object.values(PresetName)) {
    it(`${name} is planned from the same settings as every other: no need is open, no name or address double`, () => {
      const plan = planPlatform(withPreset(name));
      const unique = (values: readonly string[]) => assert.equal(new Set(values).size, values.length);
      unique(plan.machines.map(({ hostname }) => hostname));
      unique(plan.machines.map(({ privateIp }) => privateIp));
      assert.deepEqual([...plan.order].sort(), plan.roles.map((role) => role.name).sort());
      assert.deepEqual(
        Object.keys(plan.network.subnets),
        plan.roles.map((role) => role.name),
      );
      assert.equal(presets[name].name, name);
    });
  }

  it("multiServer is what a stack gets that names none, and all of it can be built", () => {
    assert.deepEqual(planPlatform(seedSettings), planPlatform(withPreset("multiServer")));
    assert.deepEqual(planPlatform(seedSettings).network.subnets, seedSettings.network.subnets);
    assert.deepEqual(comingPartProblems(seedSettings, rolesOf(seedSettings)), []);
  });

  it("S1-2: foobar and scaleUp have no machine with two kinds of work", () => {
    for (const name of ["foobar", "scaleUp"] as const) {
      assert.deepEqual(mixedRoles(presets[name].roles(seedSettings)), []);
      assert.equal(presets[name].strict, true);
    }
  });

  it("S1-2, S2-8: strictRoles refuses a mixed machine with its kinds of work and what to take instead", () => {
    assert.deepEqual(problemsOf({}), []);
    const [problem, ...others] = problemsOf({ strictRoles: true });
    assert.deepEqual(others, []);
    assert.equal(problem?.path, "strictRoles");
    const work = "database (postgresql), cache (cache), search (elasticsearch)";
    assert.ok(problem?.allowed.endsWith(`database would do 3: ${work}`), problem?.allowed);
    assert.match(problem?.remedy ?? "", /preset: foobar/);
    assert.deepEqual(problemsOf({ strictRoles: true, preset: "scaleUp" }), []);
    const [server] = problemsOf({ strictRoles: true, preset: "dhanman" });
    assert.match(server?.allowed ?? "", /server would do 6: edge \(nginx\), app \(web\), database/);
  });

  it("a name that is no preset is refused with those that there are", () => {
    const [problem] = problemsOf({ preset: "scaleup" });
    assert.match(problem?.allowed ?? "", /multiServer.*foobar.*separated.*dhanman.*scaleUp/);
  });

  it("a network without room for a role of the preset is refused, whatever else fits", () => {
    const network = { range: "10.0.0.0/24", subnets: {} };
    assert.deepEqual(problemsOf({ network }), []);
    const problems = problemsOf({ network, preset: "separated" });
    assert.deepEqual(
      problems.map(({ path, allowed }) => [path, allowed]),
      ["erp", "staging"].map((role) => [
        "network.range",
        `a range with a free subnet for ${role} of preset separated`,
      ]),
    );
    assert.deepEqual(presetProblems(withPreset("separated"), rolesOf(withPreset("separated"))), []);
  });

  it("roles that do not fit together are refused with what they need, beside all other mistakes", () => {
    const containers = { erp: { image: "example/erp:1" } };
    const roles = { erp: { subnet: "10.0.20.0/24", needs: ["search"], containers } };
    assert.deepEqual(problemsOf({ roles }), []);
    const problems = problemsOf({ roles, preset: "dhanman", budgetEur: -1 });
    assert.deepEqual(problems.map(({ path }) => path).sort(), ["budgetEur", "preset"]);
    const { allowed } = problems.find(({ path }) => path === "preset") ?? {};
    assert.equal(allowed, "roles that fit together: erp of erp needs search, which no role offers");
  });

  it("S0-27: one machine leaves the subnets free into which it may grow", () => {
    const { server = "" } = planPlatform(withPreset("dhanman")).network.subnets;
    assert.equal(server, "10.0.5.0/24");
    assert.ok(!Object.values(seedSettings.network.subnets).includes(server));
  });

  it("those with parts that come later are refused by up, with the whole list", () => {
    for (const name of ["foobar", "separated", "dhanman", "scaleUp"] as const) {
      const settings = withPreset(name);
      const [problem] = comingPartProblems(settings, rolesOf(settings));
      assert.equal(problem?.path, "preset");
      const coming = comingParts(planPlatform(settings).roles);
      assert.ok(coming.length > 0);
      for (const { role, part } of coming) assert.ok(problem?.allowed.includes(`${part.name} of ${role}`));
    }
  });

  it("S3-5: the example of QA has every service on the port of production plus 100", () => {
    const ports = (stack: string) =>
      Object.entries(readStackFile(stack, examples).settings.app.services).map(
        ([name, { port = 0 }]) => [name, port] as const,
      );
    const production = ports("dhanman");
    assert.deepEqual(
      production.map(([, port]) => port),
      [5001, 5002, 5003, 5004, 5005, 5006],
    );
    assert.deepEqual(
      ports("dhanman-qa"),
      production.map(([name, port]) => [name, port + 100]),
    );
  });
});
