import assert from "node:assert/strict";
import * as pulumi from "@pulumi/pulumi";
import { MachineGroup, type MachineGroupArgs } from "../../../components/machine/machineGroup";
import { machinesOf, planRoles } from "../../../components/plan/plan";
import { recordProgram } from "../../support/mocks";
import { ground, role } from "../plan/support/roles";

const args = (count: number): MachineGroupArgs => ({
  machines: machinesOf(planRoles(ground({ mail: "10.0.9.0/24" }), [role({ name: "mail", count })]), "mail"),
  serverType: "cx23",
  context: {
    location: "nbg1",
    image: "debian-13",
    networkId: 9,
    sshKey: "deploy",
    privateKey: pulumi.secret("planted-private-key"),
    labels: { environment: "test" },
  },
  bastion: { host: "198.51.100.9", hostKey: "ssh-ed25519 AAAA" },
  setup: () => ({}),
});

const serversOf = async (given: MachineGroupArgs) => {
  const resources = await recordProgram(() => new MachineGroup("relays", given));
  return resources.filter(({ type }) => type === "hcloud:index/server:Server");
};

describe("MachineGroup", () => {
  it("makes a server for each machine of the plan, by its name and address", async () => {
    const servers = await serversOf(args(2));
    assert.deepEqual(
      servers.map(({ name, inputs }) => [name, inputs.name, inputs.networks]),
      [
        ["relays-mail1-server", "test-mail1", [{ networkId: 9, ip: "10.0.9.11" }]],
        ["relays-mail2-server", "test-mail2", [{ networkId: 9, ip: "10.0.9.12" }]],
      ],
    );
  });

  it("spreads ten machines over one placement group and the eleventh into a second", async () => {
    const resources = await recordProgram(
      () => new MachineGroup("relays", { ...args(11), spread: "test-mail" }),
    );
    const groups = resources.filter(({ type }) => type.endsWith(":PlacementGroup"));
    assert.deepEqual(
      groups.map(({ name, inputs }) => [name, inputs.name, inputs.type]),
      [
        ["relays-spread", "test-mail", "spread"],
        ["relays-spread-2", "test-mail-2", "spread"],
      ],
    );
    const servers = resources.filter(({ type }) => type === "hcloud:index/server:Server");
    const used = servers.map(({ inputs }) => inputs.placementGroupId);
    assert.equal(new Set(used.slice(0, 10)).size, 1);
    assert.notEqual(used[10], used[0]);
  });

  it("lets machines share a host unless it is told to spread them", async () => {
    for (const { inputs } of await serversOf(args(2))) assert.equal(inputs.placementGroupId, undefined);
  });

  for (const [rollout, order] of [
    ["oneByOne", ["server mail1", "setup mail1", "server mail2", "setup mail2"]],
    ["together", ["server mail1", "server mail2", "setup mail1", "setup mail2"]],
  ] as const)
    it(`changes its machines ${rollout === "together" ? "at the same time" : "each after the one before is set up"}`, async () => {
      const resources = await recordProgram(() => new MachineGroup("relays", { ...args(2), rollout }));
      const steps = resources.flatMap(({ name }) => {
        const [, machine, step] = /^relays-(mail\d)-(server|setup)$/.exec(name) ?? [];
        return machine === undefined ? [] : [`${step} ${machine}`];
      });
      assert.deepEqual(steps, order);
    });
});
