import * as hcloud from "@pulumi/hcloud";
import type * as pulumi from "@pulumi/pulumi";
import { asNumber, type Pem, type Supports } from "./subject";

/** Opens nothing: its private half was thrown away. */
export const publicKeys = [
  "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIJxrWOUzX2RhfVQ0OPmXsFqYcOo6r1IqAHkKHPYhw9gY one",
  "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIBcnxrCl3GnOBjiJyYfHqjIKWsPXCrpEqL1lXlhFz5Uc two",
  "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIHw3WVWUfJAWqhuOLFcEQSIvzZp3YrBzZVcmCTR4cdnE three",
] as const;

export const storageBoxPassword = "Correct-horse-1-battery";

const location = "fsn1";

/** Registers what the subjects stand on. */
export function makeSupports(certificates: readonly [Pem, Pem]): Supports {
  const floating = pair(floatingIp, "floating");
  const zone = new hcloud.Zone("support-zone", { name: "support.example", mode: "primary" });
  const { key, servers } = makeServers();
  return {
    sshKey: asNumber(key),
    ...makeNetwork(),
    servers,
    firewall: asNumber(makeFirewall()),
    floatingIps: ids(floating),
    floatingAddresses: [floating[0].ipAddress, floating[1].ipAddress],
    volumes: ids(pair(volume, "volume")),
    loadBalancers: ids(pair(loadBalancer, "balancer")),
    zone: zone.name,
    storageBox: asNumber(makeStorageBox()),
    certificates,
  };
}

const pair = <T>(make: (name: string) => T, name: string): readonly [T, T] => [
  make(`${name}-one`),
  make(`${name}-two`),
];

const ids = ([one, two]: readonly [pulumi.CustomResource, pulumi.CustomResource]) =>
  [asNumber(one), asNumber(two)] as const;

const floatingIp = (name: string) =>
  new hcloud.FloatingIp(`support-${name}`, { name, type: "ipv4", homeLocation: location });
const volume = (name: string) => new hcloud.Volume(`support-${name}`, { name, size: 10, location });
const loadBalancer = (name: string) =>
  new hcloud.LoadBalancer(`support-${name}`, { name, loadBalancerType: "lb11", location });

/** Two servers, and the key that opens them. */
function makeServers() {
  const key = new hcloud.SshKey("support-key", { name: "support", publicKey: publicKeys[0] });
  const server = (name: string) =>
    new hcloud.Server(`support-${name}`, {
      name,
      serverType: "cx23",
      image: "debian-13",
      location,
      sshKeys: [key.id],
    });
  return { key, servers: ids(pair(server, "server")) };
}

function makeNetwork() {
  const network = new hcloud.Network("support-network", { name: "support", ipRange: "10.0.0.0/16" });
  const subnet = new hcloud.NetworkSubnet("support-subnet", {
    networkId: asNumber(network),
    type: "cloud",
    networkZone: "eu-central",
    ipRange: "10.0.1.0/24",
  });
  return { network: asNumber(network), subnet: subnet.id };
}

const makeFirewall = () =>
  new hcloud.Firewall("support-firewall", {
    name: "support",
    rules: [{ direction: "in", protocol: "icmp", sourceIps: ["0.0.0.0/0"] }],
  });

const makeStorageBox = () =>
  new hcloud.StorageBox("support-box", {
    name: "support",
    storageBoxType: "bx11",
    location,
    password: storageBoxPassword,
  });
