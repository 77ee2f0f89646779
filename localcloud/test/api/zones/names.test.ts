import assert from "node:assert/strict";
import { TestCloud } from "../testCloud";
import { zonesIn } from "./support/zones";

describe("zones by their names", () => {
  let cloud: TestCloud;
  before(async () => {
    cloud = await TestCloud.start();
  });
  after(() => cloud.stop());
  afterEach(() => assert.deepEqual(cloud.problems, []));

  const { create } = zonesIn(() => cloud);

  for (const [name, why] of [
    ["Upper.com", /lower case/],
    ["dot.com.", /dot/],
    ["sub.domain.com", /subdomains are not supported/],
    ["com", /public suffix/],
    ["co.uk", /public suffix/],
    ["münchen.de", /Punycode/],
    ["xn--99999999.de", /Punycode/],
    ["under_score.com", /not valid/],
    ["-dash.com", /not valid/],
    ["nosuffix.local", /public suffix/],
    ["..", /dot/],
    ["a..com", /empty labels/],
    ["../../etc/passwd", /not valid|empty/],
    ["a\nb.com", /not valid/],
    ["192.0.2.1", /public suffix/],
    [`${"a".repeat(64)}.com`, /63/],
    ["", /empty labels/],
  ] as const) {
    it(`refuse the name ${JSON.stringify(name).slice(0, 40)}`, async () => {
      const error = await cloud.fails("invalid_input", "POST", "/zones", { name, mode: "primary" });
      assert.equal(error.status, 422);
      assert.equal(error.details.fields[0].name, "name");
      assert.match(error.details.fields[0].messages[0], why);
    });
  }

  it("take internationalized names as Punycode, every public suffix and the suffixes for tests", async () => {
    for (const name of ["xn--mnchen-3ya.de", "xn--e1afmkfd.xn--p1ai", "shop.co.uk", "example.test"]) {
      assert.equal((await create(name)).status, "ok");
    }
  });
});
