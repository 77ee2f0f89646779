import assert from "node:assert/strict";
import * as pulumi from "@pulumi/pulumi";
import { MachineGroup, type MachineGroupArgs } from "../../../components/machine/machineGroup";
import { recordProgram } from "../../support/mocks";

const args = (count: number): MachineGroupArgs => ({
  addresses: Array.from({ length: count }, (_, index) => `10.0.9.${11 + index}`),
  hostname: "test-mail",
  serverType: "cx23",
  location: "nbg1",
  network: { id: 9, range: "10.0.0.0/16" },
  sshKey: "deploy",
  privateKey: pulumi.secret("planted-private-key"),
  bastion: { host: "198.51.100.9", hostKey: "ssh-ed25519 AAAA" },
  setup: {},
});

const recorded = (given: MachineGroupArgs) => recordProgram(() => new MachineGroup("relays", given));

const serversOf = async (given: MachineGroupArgs) =>
  (await recorded(given)).filter(({ type }) => type === "hcloud:index/server:Server");

describe("MachineGroup", () => {
  it("makes a server for each address, named by its number", async () => {
    const servers = await serversOf(args(2));
    assert.deepEqual(
      servers.map(({ name, inputs }) => [name, inputs.name, inputs.networks]),
      [
        ["relays-1-server", "test-mail1", [{ networkId: 9, ip: "10.0.9.11" }]],
        ["relays-2-server", "test-mail2", [{ networkId: 9, ip: "10.0.9.12" }]],
      ],
    );
  });

  it("spreads ten machines over one placement group and the eleventh into a second", async () => {
    const resources = await recorded(args(11));
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

  it("lets machines share a host when it is told not to spread them", async () => {
    for (const { inputs } of await serversOf({ ...args(2), spread: false }))
      assert.equal(inputs.placementGroupId, undefined);
  });

  for (const [rollout, order] of [
    ["oneByOne", ["server 1", "setup 1", "server 2", "setup 2"]],
    ["together", ["server 1", "server 2", "setup 1", "setup 2"]],
  ] as const)
    it(`changes its machines ${rollout === "together" ? "at the same time" : "each after the one before is set up"}`, async () => {
      const resources = await recorded({ ...args(2), rollout });
      const steps = resources.flatMap(({ name }) => {
        const [, machine, step] = /^relays-(\d)-(server|setup)$/.exec(name) ?? [];
        return machine === undefined ? [] : [`${step} ${machine}`];
      });
      assert.deepEqual(steps, order);
    });

  it("gives each machine its own setup, volume and host name, and all of them the same otherwise", async () => {
    const resources = await recorded({
      ...args(2),
      setup: ({ hostname, address }) => ({
        files: [{ path: "/etc/motd", content: `${hostname} ${address}\n` }],
      }),
      volumeIds: [31, 32],
    });
    const text = (name: string) => JSON.stringify(resources.find((one) => one.name === name)?.inputs);
    for (const [number, volume] of [
      [1, 31],
      [2, 32],
    ]) {
      assert.match(text(`relays-${number}-setup`), new RegExp(`test-mail${number} 10\\.0\\.9\\.1${number}`));
      assert.match(text(`relays-${number}-volume`), new RegExp(`"volumeId":${volume}`));
    }
  });

  it("fails before any resource with everything that no machine could have, each by its path", async () => {
    let paths: string[] = [];
    const resources = await recordProgram(() => {
      try {
        new MachineGroup("relays", {
          ...args(0),
          addresses: ["10.0.9.11", "10.0.9.11", "10.1.9.12"],
          hostname: "mail2",
          volumeIds: [1],
          rollout: "slowly" as "together",
        });
      } catch (error) {
        paths = (error as pulumi.InputPropertiesError).errors.map(({ propertyPath }) => propertyPath);
      }
    });
    assert.deepEqual(paths, ["addresses[2]", "addresses", "hostname", "rollout", "volumeIds"]);
    assert.deepEqual(
      resources.map(({ type }) => type),
      ["hetzner-platform:index:MachineGroup"],
    );
  });
});
