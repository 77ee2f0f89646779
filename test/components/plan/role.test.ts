import assert from "node:assert/strict";
import { roleOf } from "../../../components/plan/plan";
import { memoryOfParts, runsContainers } from "../../../components/plan/role";
import { planPlatform } from "../../../components/presets";
import { memoryPlan } from "../../../components/roles/database/memoryPlan";
import { seedSettings } from "../../support/settings";

const plan = planPlatform(seedSettings);

describe("Role", () => {
  it("knows whether it runs containers", () => {
    const containers = plan.roles.filter(runsContainers).map(({ name }) => name);
    assert.deepEqual(containers, ["app", "database", "storage"]);
  });

  it("sums up the memory of its parts: all replicas of an app node", () =>
    assert.equal(memoryOfParts(roleOf(plan, "app")), 4 * 512));

  it("shares the memory of the database machine out to its last MB", () => {
    const { memoryGb } = seedSettings.database;
    const { systemMb } = memoryPlan(memoryGb);
    assert.equal(memoryOfParts(roleOf(plan, "database")) + systemMb, memoryGb * 1024);
  });

  it("is not found under another name", () =>
    assert.throws(() => roleOf(plan, "data"), /no role data; there are: edge, app, database, storage/));
});
