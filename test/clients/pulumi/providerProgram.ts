// What the provider is asked to make: every resource of the first set, in two versions whose difference the
// provider must apply in place.
import * as hcloud from "@pulumi/hcloud";
import type * as pulumi from "@pulumi/pulumi";

export interface Version {
  readonly labels: Record<string, string>;
  readonly serverType: string;
  readonly volumeSize: number;
  readonly aliasIps: string[];
  readonly ruleDescription: string;
  /** Which of the two servers the floating IP is assigned to. */
  readonly owner: 0 | 1;
  readonly dnsPtr: string;
  readonly names: string;
}

export const first: Version = {
  labels: { env: "test", role: "edge" },
  serverType: "cx23",
  volumeSize: 10,
  aliasIps: ["10.0.1.20"],
  ruleDescription: "ssh",
  owner: 0,
  dnsPtr: "edge.example.com",
  names: "one",
};

export const second: Version = {
  labels: { env: "test", role: "edge", more: "yes" },
  serverType: "cx33",
  volumeSize: 20,
  aliasIps: ["10.0.1.20", "10.0.1.21"],
  ruleDescription: "secure shell",
  owner: 1,
  dnsPtr: "edge2.example.com",
  names: "two",
};

const PUBLIC_KEY = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIJxrWOUzX2RhfVQ0OPmXsFqYcOo6r1IqAHkKHPYhw9gY test";

const id = (resource: pulumi.CustomResource) => resource.id.apply(Number);

/** Number of resources that the engine reports, the stack itself included. */
export const RESOURCES = 22;

export const program = (version: Version) => async () => {
  const { labels } = version;
  const key = new hcloud.SshKey("key", { name: `key-${version.names}`, publicKey: PUBLIC_KEY, labels });
  const network = new hcloud.Network("network", {
    name: `net-${version.names}`,
    ipRange: "10.0.0.0/16",
    labels,
  });
  const subnet = (name: string, ipRange: string) =>
    new hcloud.NetworkSubnet(name, {
      networkId: id(network),
      type: "cloud",
      networkZone: "eu-central",
      ipRange,
    });
  // Side by side, as Pulumi does it: one of them meets `conflict` (HC-K2).
  const edgeSubnet = subnet("subnet-edge", "10.0.1.0/24");
  const appSubnet = subnet("subnet-app", "10.0.2.0/24");
  const firewall = new hcloud.Firewall("firewall", {
    name: `fw-${version.names}`,
    labels,
    rules: [
      {
        direction: "in",
        protocol: "tcp",
        port: "22",
        sourceIps: ["0.0.0.0/0", "::/0"],
        description: version.ruleDescription,
      },
      { direction: "in", protocol: "icmp", sourceIps: ["0.0.0.0/0"] },
      { direction: "out", protocol: "udp", port: "53-54", destinationIps: ["203.0.113.0/24"] },
    ],
  });
  const group = new hcloud.PlacementGroup("group", {
    name: `group-${version.names}`,
    type: "spread",
    labels,
  });
  const address = new hcloud.PrimaryIp("address", {
    name: `address-${version.names}`,
    type: "ipv4",
    location: "fsn1",
    assigneeType: "server",
    autoDelete: false,
    labels,
  });
  const server = (index: 0 | 1, more: Partial<hcloud.ServerArgs>) =>
    new hcloud.Server(
      `edge${index}`,
      {
        name: `edge${index}-${version.names}`,
        serverType: version.serverType,
        keepDisk: true,
        image: "debian-13",
        location: "fsn1",
        sshKeys: [key.id],
        firewallIds: [id(firewall)],
        placementGroupId: id(group),
        userData: "#cloud-config\npackages: [curl]\n",
        labels,
        ...more,
      },
      { dependsOn: [edgeSubnet, appSubnet] },
    );
  const servers = [
    server(0, {
      publicNets: [{ ipv4Enabled: true, ipv4: id(address), ipv6Enabled: true }],
      networks: [{ networkId: id(network), ip: "10.0.1.10", aliasIps: version.aliasIps }],
    }),
    server(1, { networks: [{ networkId: id(network), ip: "10.0.1.11", aliasIps: [] }] }),
  ] as const;
  // Without a public address: created stopped, attached, then powered on by the provider.
  const hidden = new hcloud.Server(
    "hidden",
    {
      name: `hidden-${version.names}`,
      serverType: "cpx22",
      image: "debian-13",
      location: "fsn1",
      sshKeys: [key.id],
      publicNets: [{ ipv4Enabled: false, ipv6Enabled: false }],
      networks: [{ networkId: id(network), ip: "10.0.2.10", aliasIps: [] }],
      labels,
    },
    { dependsOn: [edgeSubnet, appSubnet] },
  );
  const plain = new hcloud.Server("plain", {
    name: `plain-${version.names}`,
    serverType: "cpx22",
    image: "debian-13",
    location: "nbg1",
    labels: { selected: "yes" },
  });
  new hcloud.ServerNetwork("plain-net", {
    serverId: id(plain),
    subnetId: appSubnet.id,
    aliasIps: version.aliasIps.map((ip) => ip.replace("10.0.1", "10.0.2")),
  });
  new hcloud.NetworkRoute(
    "route",
    {
      networkId: id(network),
      destination: "0.0.0.0/0",
      gateway: "10.0.1.10",
    },
    { dependsOn: [...servers] },
  );
  const guard = new hcloud.Firewall("guard", {
    name: `guard-${version.names}`,
    rules: [{ direction: "in", protocol: "tcp", port: "any", sourceIps: ["198.51.100.7/32"] }],
  });
  new hcloud.FirewallAttachment("guard-attachment", {
    firewallId: id(guard),
    labelSelectors: ["selected=nobody"],
    // Not one of those with `firewallIds`: two owners of one list would fight.
    serverIds: [id(plain)],
  });
  const floatingIp = new hcloud.FloatingIp("vip", {
    name: `vip-${version.names}`,
    type: "ipv4",
    homeLocation: "fsn1",
    description: "the address that moves",
    labels,
  });
  new hcloud.FloatingIpAssignment("vip-assignment", {
    floatingIpId: id(floatingIp),
    serverId: id(servers[version.owner]),
  });
  const volume = new hcloud.Volume("volume", {
    name: `volume-${version.names}`,
    size: version.volumeSize,
    location: "fsn1",
    format: "ext4",
    labels,
  });
  new hcloud.VolumeAttachment("volume-attachment", {
    volumeId: id(volume),
    serverId: id(servers[0]),
    automount: true,
  });
  new hcloud.Rdns("rdns", {
    floatingIpId: id(floatingIp),
    ipAddress: floatingIp.ipAddress,
    dnsPtr: version.dnsPtr,
  });
  new hcloud.Snapshot("snapshot", { serverId: id(hidden), description: `before ${version.names}`, labels });
  const image = await hcloud.getImage({ name: "debian-13", withArchitecture: "x86" });
  const types = await hcloud.getServerTypes();
  return {
    imageId: image.id,
    types: types.serverTypes.length,
    vip: floatingIp.ipAddress,
    ipv4: servers[0].ipv4Address,
    ipv6: servers[0].ipv6Address,
    volumeDevice: volume.linuxDevice,
  };
};
