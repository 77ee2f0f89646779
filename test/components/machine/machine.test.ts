import assert from "node:assert/strict";
import * as pulumi from "@pulumi/pulumi";
import { bastionSynRetries, longestDialSeconds, synSeconds } from "../../../components/machine/dialing";
import { Machine, type MachineArgs } from "../../../components/machine/machine";
import { Network } from "../../../components/machine/network";
import { clearTextPaths, isSecretValue, recordProgram, resourceNamed } from "../../support/mocks";
import { planned } from "../../support/planned";
import { seedSettings } from "../../support/settings";

const topology = planned(seedSettings);
const [edge1] = topology.edge;

interface DialingInputs {
  readonly dialErrorLimit: number;
  readonly perDialTimeout: number;
  readonly proxy: { readonly dialErrorLimit: number; readonly perDialTimeout: number };
}

function machineArgs(changes: Partial<MachineArgs> = {}): MachineArgs {
  return {
    hostname: "prod-database1",
    address: "10.0.3.11",
    serverType: "ccx33",
    location: "nbg1",
    network: { id: 7, range: "10.0.0.0/16" },
    sshKey: "12",
    privateKey: pulumi.secret("marker-private-key"),
    setup: pulumi.secret({
      files: [{ path: "/etc/x", content: "marker-password\n", mode: "0600" }],
    }),
    bastion: { host: "198.51.100.10", hostKey: "ssh-ed25519 AAAA" },
    ...changes,
  };
}

/** What a program meets whose arguments are wrong, and what it has made by then. */
async function refused(program: () => unknown) {
  let error: pulumi.InputPropertiesError | undefined;
  const resources = await recordProgram(() => {
    try {
      program();
    } catch (thrown) {
      error = thrown as pulumi.InputPropertiesError;
    }
  });
  return { resources, error };
}

describe("Machine", () => {
  it("keeps server, volume and set-up of a protected machine", async () => {
    const resources = await recordProgram(
      () => new Machine("database1", machineArgs({ volumeId: 5, protect: true })),
    );
    const server = resourceNamed(resources, "hcloud:index/server:Server", "database1-server");
    assert.equal(server.protect, true);
    assert.equal(server.inputs.deleteProtection, true);
    assert.deepEqual(server.ignoreChanges, ["userData", "sshKeys", "image"]);
    assert.deepEqual(server.inputs.publicNets, [{ ipv4Enabled: false, ipv6Enabled: false }]);
    const setup = resourceNamed(resources, "command:remote:Command", "database1-setup");
    assert.match(setup.deletedWith, /database1-server$/);
    const attachment = resourceNamed(
      resources,
      "hcloud:index/volumeAttachment:VolumeAttachment",
      "database1-volume",
    );
    assert.equal(attachment.deletedWith, "", "it must be undone, or the next up meets it");
  });

  it("hands secrets over on stdin only, as a secret", async () => {
    const resources = await recordProgram(() => new Machine("database1", machineArgs()));
    const setup = resourceNamed(resources, "command:remote:Command", "database1-setup");
    assert.ok(isSecretValue(setup.inputs.stdin));
    for (const marker of ["marker-password", "marker-private-key"]) {
      assert.deepEqual(
        resources.flatMap((resource) => clearTextPaths(resource.inputs, marker)),
        [],
      );
    }
  });

  it("S3-73: pins the host key that the first contact answered", async () => {
    const resources = await recordProgram(() => new Machine("database1", machineArgs()), {
      outputs: (type) =>
        type === "command:remote:Command" ? { stdout: "ssh-ed25519 HOSTKEY database1\n" } : {},
    });
    const setup = resourceNamed(resources, "command:remote:Command", "database1-setup");
    assert.match(JSON.stringify(setup.inputs.connection), /"hostKey":"ssh-ed25519 HOSTKEY database1"/);
  });

  it("gives up on a dead machine within two minutes, also through the bastion, and waits only for a boot", async () => {
    const resources = await recordProgram(() => new Machine("database1", machineArgs()));
    const dialingOf = (name: string): DialingInputs => {
      const { connection } = resourceNamed(resources, "command:remote:Command", name).inputs;
      // The connection is secret as a whole: it holds the private key.
      return (connection as { value?: DialingInputs }).value ?? (connection as DialingInputs);
    };
    const setup = dialingOf("database1-setup");
    // The network swallows what goes to a machine that is off: the bastion's kernel decides how long one dial takes.
    const throughBastion = Math.max(setup.perDialTimeout, synSeconds(bastionSynRetries));
    for (const [who, limit, secondsPerDial] of [
      ["the machine", setup.dialErrorLimit, throughBastion],
      ["the bastion", setup.proxy.dialErrorLimit, setup.proxy.perDialTimeout],
    ] as const) {
      const seconds = longestDialSeconds({ limit, secondsPerDial });
      assert.ok(seconds <= 125, `a dead ${who} holds the set-up for ${seconds} s`);
      assert.ok(seconds > 60, `${who} that restarts its sshd gets only ${seconds} s`);
    }
    for (const name of ["database1-ready", "database1-booted"]) {
      const { dialErrorLimit, proxy } = dialingOf(name);
      // Refused at once each time, the shortest that the dials can last.
      for (const limit of [dialErrorLimit, proxy.dialErrorLimit])
        assert.ok(longestDialSeconds({ limit, secondsPerDial: 0 }) > 240, `${name} is not patient`);
    }
  });

  it("waits for the boot again when the size changes, with the host key pinned", async () => {
    const commandAt = async (serverType: string) => {
      const resources = await recordProgram(() => new Machine("database1", machineArgs({ serverType })), {
        outputs: (type) =>
          type === "command:remote:Command" ? { stdout: "ssh-ed25519 HOSTKEY database1\n" } : {},
      });
      return resourceNamed(resources, "command:remote:Command", "database1-booted").inputs;
    };
    const [small, large] = [await commandAt("cx33"), await commandAt("cx43")];
    assert.notEqual(small.create, large.create);
    assert.deepEqual(small.triggers, large.triggers, "a changed size replaces nothing");
    assert.match(JSON.stringify(large.connection), /"hostKey":"ssh-ed25519 HOSTKEY database1"/);
  });

  it("gives a public machine addresses of its own, connects to it directly and lets cloud-init be", async () => {
    const { bastion: _, ...own } = machineArgs({ isPublic: true });
    const resources = await recordProgram(() => new Machine("relay", own), {
      outputs: (type) => (type === "hcloud:index/server:Server" ? { ipv4Address: "198.51.100.10" } : {}),
    });
    const server = resourceNamed(resources, "hcloud:index/server:Server", "relay-server");
    assert.deepEqual(server.inputs.publicNets, [{ ipv4Enabled: true, ipv6Enabled: true }]);
    assert.equal(server.inputs.userData, undefined);
    const ready = resourceNamed(resources, "command:remote:Command", "relay-ready");
    assert.ok(!JSON.stringify(ready.inputs.connection).includes("proxy"));
  });

  it("is called as its component and labelled as everything of this package, unless it is told otherwise", async () => {
    const { hostname: _, ...unnamed } = machineArgs();
    const resources = await recordProgram(() => new Machine("shop-relay", unnamed));
    const { inputs } = resourceNamed(resources, "hcloud:index/server:Server", "shop-relay-server");
    assert.deepEqual(
      [inputs.name, inputs.image, inputs.labels],
      ["shop-relay", "debian-13", { environment: "shop-relay", "managed-by": "pulumi" }],
    );
  });

  it("takes from other resources what they make, its address among it", async () => {
    const later = <T>(value: T) => pulumi.output(Promise.resolve(value));
    const resources = await recordProgram(
      () =>
        new Machine(
          "relay",
          machineArgs({ address: later("10.0.3.12"), serverType: later("cx23"), setup: later({}) }),
        ),
    );
    const { inputs } = resourceNamed(resources, "hcloud:index/server:Server", "relay-server");
    assert.deepEqual([inputs.networks, inputs.serverType], [[{ networkId: 7, ip: "10.0.3.12" }], "cx23"]);
  });

  it("fails before any resource with everything that no machine could have, each by its path", async () => {
    const wrong = machineArgs({
      hostname: "Database 1",
      address: "10.1.3.11",
      serverType: "cx 33",
      network: { id: 0, range: "10.0.0.0/16" },
      bastion: { host: "a bastion", hostKey: "ssh-ed25519 AAAA" },
    });
    const { bastion: _, ...unreachable } = machineArgs({ network: { id: 7, range: "10.0.0.0" } });
    for (const [args, paths] of [
      [wrong, ["network.id", "serverType", "bastion.host", "address", "hostname"]],
      [unreachable, ["network.range", "bastion"]],
      [machineArgs({ serverType: "cx33", location: "ash" }), ["location"]],
    ] as const) {
      const { resources, error } = await refused(() => new Machine("database1", args));
      assert.deepEqual(
        error?.errors.map(({ propertyPath }) => propertyPath),
        paths,
      );
      assert.deepEqual(
        resources.filter(({ type }) => type !== "hetzner-platform:index:Machine"),
        [],
      );
    }
  });

  it("can be previewed", async () => {
    const resources = await recordProgram(() => new Machine("database1", machineArgs({ volumeId: 5 })), {
      preview: true,
    });
    assert.equal(resources.length, 6);
  });
});

describe("Network", () => {
  it("makes one subnet for each tier and leaves the default route to the load balancers", async () => {
    const resources = await recordProgram(
      () => new Network("prod", { ...seedSettings.network, natGateway: edge1.privateIp }),
    );
    const subnets = resources.filter(
      (resource) => resource.type === "hcloud:index/networkSubnet:NetworkSubnet",
    );
    assert.deepEqual(
      subnets.map((subnet) => subnet.inputs.ipRange).sort(),
      Object.values(seedSettings.network.subnets).sort(),
    );
    const route = resourceNamed(resources, "hcloud:index/networkRoute:NetworkRoute", "default-route");
    assert.equal(route.inputs.gateway, "10.0.1.11");
    assert.deepEqual(route.ignoreChanges, ["gateway"]);
    for (const { name, deletedWith } of [...subnets, route]) {
      assert.equal(deletedWith, "", `${name} must be undone, or the next up meets it`);
    }
  });

  it("has no default route without a gateway", async () => {
    const resources = await recordProgram(() => new Network("prod", seedSettings.network));
    assert.deepEqual(
      resources.filter(({ type }) => type === "hcloud:index/networkRoute:NetworkRoute"),
      [],
    );
  });
});
