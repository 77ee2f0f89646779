import assert from "node:assert/strict";
import { areLimits, defaultLimits } from "../../../../components/roles/edge/limitSettings";
import { edgeSettings } from "../../../../components/roles/edge/settings";
import { SettingsError } from "../../../../components/settings/problems";
import { parseRole } from "../../../../components/settings/roleSettings";

const around = { location: "nbg1", domain: "www.example.com" };

function mistakes(limits: object): string {
  try {
    parseRole(edgeSettings, { limits }, around);
    return "";
  } catch (error) {
    assert.ok(error instanceof SettingsError, String(error));
    return error.message;
  }
}

describe("edge.limits", () => {
  it("are there when nobody says anything, and room for an office behind one address", () => {
    const { limits } = parseRole(edgeSettings, {}, around);
    assert.deepEqual(limits, defaultLimits);
    assert.ok(limits.requestsPerSecond >= 100 && limits.connections >= 500);
  });

  const wrong: [string, object, RegExp][] = [
    [
      "a burst below what a second may have",
      { requestsPerSecond: 300, burst: 200 },
      /edge\.limits\.burst: got 200, allowed from requestsPerSecond, 300, up; raise it/,
    ],
    [
      "no request at all",
      { requestsPerSecond: 0 },
      /edge\.limits\.requestsPerSecond: got 0, allowed a whole/,
    ],
    ["all paths without limits", { unlimitedPaths: ["/"] }, /unlimitedPaths\[0\]: got "\/".*enabled: false/],
    ["a path that ends elsewhere", { unlimitedPaths: ["/assets/../api"] }, /unlimitedPaths\[0\]: got/],
  ];
  for (const [name, limits, message] of wrong) {
    it(`fails with ${name}`, () => {
      assert.match(mistakes(limits), message);
      assert.equal(areLimits(limits), false, "as an argument of a pair");
    });
  }
});
