import assert from "node:assert/strict";
import { isCdn } from "../../../../components/roles/edge/cdnSettings";
import { edgeSettings } from "../../../../components/roles/edge/settings";
import { SettingsError } from "../../../../components/settings/problems";
import { parseRole } from "../../../../components/settings/roleSettings";

const around = { location: "nbg1", domain: "www.example.com" };

function mistakes(cdn: object): string {
  try {
    parseRole(edgeSettings, { cdn }, around);
    return "";
  } catch (error) {
    assert.ok(error instanceof SettingsError, String(error));
    return error.message;
  }
}

describe("edge.cdn", () => {
  it("is not there when nobody says anything, and needs networks alone", () => {
    assert.equal(parseRole(edgeSettings, {}, around).cdn, undefined);
    const { cdn } = parseRole(edgeSettings, { cdn: { ranges: ["192.0.2.0/24"] } }, around);
    assert.deepEqual(cdn, {
      ranges: ["192.0.2.0/24"],
      clientHeader: "X-Forwarded-For",
      secretHeader: "X-Origin-Secret",
    });
  });

  const many = Array.from({ length: 101 }, (_, index) => `8.8.${index}.0/24`);
  const wrong: [string, object, RegExp][] = [
    ["no networks", {}, /edge\.cdn\.ranges: got none, allowed 1 to 100 networks/],
    ["more networks than a firewall takes", { ranges: many }, /edge\.cdn\.ranges: got 101 networks/],
    ["an address for a network", { ranges: ["192.0.2.7/24"] }, /edge\.cdn\.ranges\[0\]: got "192/],
    [
      "a header that would end its line",
      { ranges: ["192.0.2.0/24"], clientHeader: "X\nuse_backend" },
      /edge\.cdn\.clientHeader: got .*allowed the name of a header/,
    ],
  ];
  for (const [name, cdn, message] of wrong) {
    it(`fails with ${name}`, () => {
      assert.match(mistakes(cdn), message);
      assert.equal(isCdn(cdn), false, "as an argument of a pair");
    });
  }
});
