import assert from "node:assert/strict";
import { traefikEnvironment } from "../../../../components/roles/app/collector";

describe("Traefik's collector", () => {
  for (const [memoryGb, limit] of [
    [2, "256MiB"],
    [4, "512MiB"],
    [16, "2048MiB"],
    [0.5, "64MiB"],
  ] as const) {
    it(`takes an eighth of ${memoryGb} GB before it collects as often as it must`, () =>
      assert.deepEqual(traefikEnvironment(memoryGb), { GOGC: "400", GOMEMLIMIT: limit }));
  }
});
