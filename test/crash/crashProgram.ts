// What the engine works on while the daemon dies: servers, addresses and volumes in two versions, so that each
// round has something to do.
import * as hcloud from "@pulumi/hcloud";
import type * as pulumi from "@pulumi/pulumi";

/** Collections whose objects have names of their own; those that others need come last. */
export const namedKinds = [
  "volumes",
  "floating_ips",
  "servers",
  "placement_groups",
  "firewalls",
  "networks",
  "ssh_keys",
] as const;

const id = (resource: pulumi.CustomResource) => resource.id.apply(Number);

const publicKey = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIJxrWOUzX2RhfVQ0OPmXsFqYcOo6r1IqAHkKHPYhw9gY test";

/** Version 2 has another volume, other addresses and a third server that is made anew. */
export const crashProgram = (version: number) => async () => {
  const network = new hcloud.Network("network", { name: "network", ipRange: "10.0.0.0/16" });
  const subnet = new hcloud.NetworkSubnet("subnet", {
    networkId: id(network),
    type: "cloud",
    networkZone: "eu-central",
    ipRange: "10.0.1.0/24",
  });
  const servers = serversOf(version);
  const attachments = servers.slice(0, 2).map(
    (machine, index) =>
      new hcloud.ServerNetwork(`attachment-${index}`, {
        serverId: id(machine),
        subnetId: subnet.id,
        ip: `10.0.1.${10 + index}`,
        aliasIps: [`10.0.1.${20 + 10 * version + index}`],
      }),
  );
  const [holder, other] = version === 1 ? servers : ([servers[1], servers[0]] as const);
  floatingIpOf(version, holder);
  volumeOf(version, other, attachments);
};

function serversOf(version: number) {
  const key = new hcloud.SshKey("key", { name: "key", publicKey });
  const firewall = new hcloud.Firewall("firewall", {
    name: "firewall",
    rules: [{ direction: "in", protocol: "tcp", port: String(20 + version), sourceIps: ["0.0.0.0/0"] }],
  });
  const group = new hcloud.PlacementGroup("group", { name: "group", type: "spread" });
  const shared = { serverType: "cx23", image: "debian-13", sshKeys: [key.id], firewallIds: [id(firewall)] };
  const server = (name: string, location: string) =>
    new hcloud.Server(
      name,
      { name, location, placementGroupId: id(group), ...shared },
      { deleteBeforeReplace: true },
    );
  return [
    server("one", "fsn1"),
    server("two", "fsn1"),
    server("three", version === 1 ? "fsn1" : "nbg1"),
  ] as const;
}

function floatingIpOf(version: number, holder: hcloud.Server): void {
  const floatingIp = new hcloud.FloatingIp("floating", {
    name: "floating",
    type: "ipv4",
    homeLocation: "fsn1",
    description: `version ${version}`,
  });
  new hcloud.FloatingIpAssignment("floating-assignment", {
    floatingIpId: id(floatingIp),
    serverId: id(holder),
  });
}

function volumeOf(version: number, holder: hcloud.Server, attachments: hcloud.ServerNetwork[]): void {
  const volume = new hcloud.Volume("volume", {
    name: `volume-${version}`,
    size: 10,
    location: "fsn1",
    format: "ext4",
  });
  new hcloud.VolumeAttachment(
    "volume-attachment",
    { volumeId: id(volume), serverId: id(holder) },
    // Both need the server's lock, and the provider tries a change of alias addresses only once.
    { deleteBeforeReplace: true, dependsOn: attachments },
  );
}
