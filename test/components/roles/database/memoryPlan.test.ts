import assert from "node:assert/strict";
import { memoryPlan, minimumDatabaseMemoryGb } from "../../../../components/roles/database/memoryPlan";

describe("memoryPlan", () => {
  const cases = [
    { memoryGb: 4, system: 512, postgresql: 2048, cache: 256, heap: 512 },
    { memoryGb: 8, system: 512, postgresql: 4608, cache: 512, heap: 1024 },
    { memoryGb: 16, system: 512, postgresql: 9728, cache: 1024, heap: 2048 },
    { memoryGb: 32, system: 1024, postgresql: 19456, cache: 2048, heap: 4096 },
    { memoryGb: 64, system: 2048, postgresql: 38912, cache: 4096, heap: 8192 },
    { memoryGb: 360, system: 11520, postgresql: 248064, cache: 23040, heap: 31488 },
  ];
  for (const { memoryGb, system, postgresql, cache, heap } of cases) {
    it(`splits ${memoryGb} GB`, () => {
      const plan = memoryPlan(memoryGb);
      assert.deepEqual(
        [plan.systemMb, plan.postgresqlMb, plan.cache.maxMemoryMb, plan.search.heapMb],
        [system, postgresql, cache, heap],
      );
    });
  }

  it("gives away all of the memory and no more, whatever the size", () => {
    for (let memoryGb = minimumDatabaseMemoryGb; memoryGb <= 512; memoryGb += 0.5) {
      const plan = memoryPlan(memoryGb);
      const sum = plan.systemMb + plan.postgresqlMb + plan.cache.shareMb + plan.search.shareMb;
      assert.equal(sum, memoryGb * 1024, `${memoryGb} GB`);
      assert.ok(plan.postgresqlMb >= sum / 2, `PostgreSQL has less than half of ${memoryGb} GB`);
      assert.ok(plan.search.heapMb < 31 * 1024);
      assert.ok(plan.search.heapMb * 2 <= plan.search.shareMb);
      assert.ok(plan.cache.maxMemoryMb * 2 <= plan.cache.shareMb);
    }
  });

  for (const memoryGb of [0, 2, 3.9, -1, Number.NaN, Number.POSITIVE_INFINITY]) {
    it(`fails when the machine has ${memoryGb} GB`, () => {
      assert.throws(() => memoryPlan(memoryGb), /at least 4 GB of memory, got .*: choose a larger size/);
    });
  }
});
