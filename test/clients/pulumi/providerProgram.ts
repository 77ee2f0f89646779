// What the provider is asked to make: every resource of the first set.
import * as hcloud from "@pulumi/hcloud";
import type * as pulumi from "@pulumi/pulumi";
import type { Version } from "./providerVersions";

const PUBLIC_KEY = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIJxrWOUzX2RhfVQ0OPmXsFqYcOo6r1IqAHkKHPYhw9gY test";

const id = (resource: pulumi.CustomResource) => resource.id.apply(Number);

/** Number of resources that the engine reports, the stack itself included. */
export const RESOURCES = 22;

export const program = (version: Version) => async () => {
  const { labels } = version;
  const ground = makeGround(version);
  const servers = makePair(version, ground);
  const hidden = makeHidden(version, ground);
  const plain = makePlain(version, ground);
  new hcloud.NetworkRoute(
    "route",
    {
      networkId: id(ground.network),
      destination: "0.0.0.0/0",
      gateway: "10.0.1.10",
    },
    { dependsOn: [...servers] },
  );
  guard(version, plain);
  const floatingIp = makeFloatingIp(version, servers[version.owner]);
  const volume = makeVolume(version, servers[0]);
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

interface Ground {
  readonly key: hcloud.SshKey;
  readonly network: hcloud.Network;
  readonly edgeSubnet: hcloud.NetworkSubnet;
  readonly appSubnet: hcloud.NetworkSubnet;
}

/** What servers stand on. */
function makeGround({ labels, names }: Version): Ground {
  const key = new hcloud.SshKey("key", { name: `key-${names}`, publicKey: PUBLIC_KEY, labels });
  const network = new hcloud.Network("network", {
    name: `net-${names}`,
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
  return { key, network, edgeSubnet, appSubnet };
}

/** Two servers behind one firewall, on different hosts; the first with an address that outlives it. */
function makePair(version: Version, { key, network, edgeSubnet, appSubnet }: Ground) {
  const { labels } = version;
  const firewall = makeFirewall(version);
  const group = new hcloud.PlacementGroup("group", {
    name: `group-${version.names}`,
    type: "spread",
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
  return [
    server(0, {
      publicNets: [{ ipv4Enabled: true, ipv4: id(makeAddress(version)), ipv6Enabled: true }],
      networks: [{ networkId: id(network), ip: "10.0.1.10", aliasIps: version.aliasIps }],
    }),
    server(1, { networks: [{ networkId: id(network), ip: "10.0.1.11", aliasIps: [] }] }),
  ] as const;
}

function makeAddress({ labels, names }: Version): hcloud.PrimaryIp {
  return new hcloud.PrimaryIp("address", {
    name: `address-${names}`,
    type: "ipv4",
    location: "fsn1",
    assigneeType: "server",
    autoDelete: false,
    labels,
  });
}

function makeFirewall({ labels, names, ruleDescription }: Version): hcloud.Firewall {
  return new hcloud.Firewall("firewall", {
    name: `fw-${names}`,
    labels,
    rules: [
      {
        direction: "in",
        protocol: "tcp",
        port: "22",
        sourceIps: ["0.0.0.0/0", "::/0"],
        description: ruleDescription,
      },
      { direction: "in", protocol: "icmp", sourceIps: ["0.0.0.0/0"] },
      { direction: "out", protocol: "udp", port: "53-54", destinationIps: ["203.0.113.0/24"] },
    ],
  });
}

/** Without a public address: created stopped, attached, then powered on by the provider. */
function makeHidden(
  { labels, names }: Version,
  { key, network, edgeSubnet, appSubnet }: Ground,
): hcloud.Server {
  return new hcloud.Server(
    "hidden",
    {
      name: `hidden-${names}`,
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
}

/** One that joins the network by a resource of its own. */
function makePlain({ names, aliasIps }: Version, { appSubnet }: Ground): hcloud.Server {
  const plain = new hcloud.Server("plain", {
    name: `plain-${names}`,
    serverType: "cpx22",
    image: "debian-13",
    location: "nbg1",
    labels: { selected: "yes" },
  });
  new hcloud.ServerNetwork("plain-net", {
    serverId: id(plain),
    subnetId: appSubnet.id,
    aliasIps: aliasIps.map((ip) => ip.replace("10.0.1", "10.0.2")),
  });
  return plain;
}

function guard({ names }: Version, plain: hcloud.Server): void {
  const guard = new hcloud.Firewall("guard", {
    name: `guard-${names}`,
    rules: [{ direction: "in", protocol: "tcp", port: "any", sourceIps: ["198.51.100.7/32"] }],
  });
  new hcloud.FirewallAttachment("guard-attachment", {
    firewallId: id(guard),
    labelSelectors: ["selected=nobody"],
    // Not one of those with `firewallIds`: two owners of one list would fight.
    serverIds: [id(plain)],
  });
}

function makeFloatingIp({ labels, names, dnsPtr }: Version, owner: hcloud.Server): hcloud.FloatingIp {
  const floatingIp = new hcloud.FloatingIp("vip", {
    name: `vip-${names}`,
    type: "ipv4",
    homeLocation: "fsn1",
    description: "the address that moves",
    labels,
  });
  new hcloud.FloatingIpAssignment("vip-assignment", {
    floatingIpId: id(floatingIp),
    serverId: id(owner),
  });
  new hcloud.Rdns("rdns", {
    floatingIpId: id(floatingIp),
    ipAddress: floatingIp.ipAddress,
    dnsPtr: dnsPtr,
  });
  return floatingIp;
}

function makeVolume({ labels, names, volumeSize }: Version, server: hcloud.Server): hcloud.Volume {
  const volume = new hcloud.Volume("volume", {
    name: `volume-${names}`,
    size: volumeSize,
    location: "fsn1",
    format: "ext4",
    labels,
  });
  new hcloud.VolumeAttachment("volume-attachment", {
    volumeId: id(volume),
    serverId: id(server),
    automount: true,
  });
  return volume;
}
