import assert from "node:assert/strict";
import { readFile } from "node:fs/promises";
import { startingPoint } from "../../scripts/settingChanges/changes";
import { type EngineStack, engineStack, type PlannedStep } from "../support/engineStack";
import { beforeTheRoles } from "./support/formerProgram";
import { formerStateFile } from "./support/writeFormerState";

/** What holds data, or is what others know the platform by; a new one would be empty, or somebody else's. */
const lasting = [
  "Server",
  "Volume",
  "VolumeAttachment",
  "FloatingIp",
  "Network",
  "NetworkSubnet",
  "NetworkRoute",
  "StorageBox",
  "Firewall",
  "PlacementGroup",
  "SshKey",
  "RandomPassword",
  "RandomBytes",
];

/** `pulumi preview` of today's program over the state that a former one left behind, under the real engine. */
describe(`a stack that the program of ${beforeTheRoles} made`, function () {
  this.timeout("5m");
  let running: EngineStack;
  let steps: readonly PlannedStep[];
  const shown = (some: readonly PlannedStep[]) =>
    some.map(({ op, type, name, differs }) => `${op} ${type} ${name}: ${differs.join(", ")}`).sort();

  before(async () => {
    running = await engineStack(startingPoint);
    const state = JSON.parse(await readFile(formerStateFile(beforeTheRoles), "utf8"));
    await running.stack.importStack(state);
    steps = await running.plan();
  });
  after(() => running?.stop());

  it("keeps every server, volume, address, network and password: nothing is made, replaced or deleted", () => {
    assert.deepEqual(shown(steps.filter(({ op }) => op !== "update")), []);
  });

  it("changes of what lasts nothing but what can be changed in place", () => {
    const changed = steps.filter(({ type }) => lasting.includes(type));
    const properties = new Set(
      changed.flatMap(({ differs }) => differs.map((path) => path.split(/[.[]/)[0])),
    );
    for (const inPlace of ["name", "labels"]) properties.delete(inPlace);
    assert.deepEqual([...properties], [], shown(changed).join("\n"));
  });

  it("is found too when it was made in the days of release 0.1, by the environment's name", async () => {
    const state = await readFile(formerStateFile(beforeTheRoles), "utf8");
    await running.stack.importStack(JSON.parse(state.replaceAll("::platform", "::prod")));
    running.call("platform", ["prod"]);
    const others = (await running.plan()).filter(({ op }) => op !== "update");
    assert.deepEqual(shown(others), []);
  });

  it("sets every machine up anew", () => {
    const setUp = steps.filter(({ type, name }) => type === "Command" && name.endsWith("-setup"));
    assert.equal(setUp.length, 6);
  });
});
