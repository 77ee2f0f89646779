import assert from "node:assert/strict";
import { formatPath, formatValue, nearestName } from "../../../components/settings/problems";

describe("nearestName", () => {
  const known = ["count", "vcpus", "memoryGb", "serverType", "services"];
  for (const [name, expected] of [
    ["cuont", "count"],
    ["memory_gb", "memoryGb"],
    ["MEMORYGB", "memoryGb"],
    ["server-type", "serverType"],
    ["service", "services"],
    ["vcpu", "vcpus"],
    ["kubernetes", undefined],
    ["x", undefined],
  ] as const) {
    it(`takes ${name} for ${expected ?? "nothing known"}`, () =>
      assert.equal(nearestName(name, known), expected));
  }

  it("finds nothing among nothing", () => assert.equal(nearestName("count", []), undefined));
});

it("formatPath writes lists with brackets", () =>
  assert.equal(formatPath(["app", "services", "web", "list", 2, "key"]), "app.services.web.list[2].key"));

it("formatValue is short and says nothing for nothing", () => {
  assert.equal(formatValue(undefined), "nothing");
  assert.equal(formatValue(""), "nothing");
  assert.equal(formatValue(null), "null");
  assert.equal(formatValue({ a: 1 }), '{"a":1}');
  assert.ok(formatValue("x".repeat(500)).length < 90);
});
