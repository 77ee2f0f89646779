import * as hcloud from "@pulumi/hcloud";
import { asNumber, type Pem, type Supports } from "./subject";

/** Opens nothing: its private half was thrown away. */
export const publicKeys = [
  "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIJxrWOUzX2RhfVQ0OPmXsFqYcOo6r1IqAHkKHPYhw9gY one",
  "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIBcnxrCl3GnOBjiJyYfHqjIKWsPXCrpEqL1lXlhFz5Uc two",
  "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIHw3WVWUfJAWqhuOLFcEQSIvzZp3YrBzZVcmCTR4cdnE three",
] as const;

export const storageBoxPassword = "Correct-horse-1-battery";

/** Registers what the subjects stand on. */
export function makeSupports(certificates: readonly [Pem, Pem]): Supports {
  const location = "fsn1";
  const key = new hcloud.SshKey("support-key", { name: "support", publicKey: publicKeys[0] });
  const network = new hcloud.Network("support-network", { name: "support", ipRange: "10.0.0.0/16" });
  const subnet = new hcloud.NetworkSubnet("support-subnet", {
    networkId: asNumber(network),
    type: "cloud",
    networkZone: "eu-central",
    ipRange: "10.0.1.0/24",
  });
  const server = (name: string) =>
    new hcloud.Server(`support-${name}`, {
      name,
      serverType: "cx23",
      image: "debian-13",
      location,
      sshKeys: [key.id],
    });
  const floatingIp = (name: string) =>
    new hcloud.FloatingIp(`support-${name}`, { name, type: "ipv4", homeLocation: location });
  const volume = (name: string) => new hcloud.Volume(`support-${name}`, { name, size: 10, location });
  const loadBalancer = (name: string) =>
    new hcloud.LoadBalancer(`support-${name}`, { name, loadBalancerType: "lb11", location });
  const addresses = [floatingIp("floating-one"), floatingIp("floating-two")] as const;
  const firewall = new hcloud.Firewall("support-firewall", {
    name: "support",
    rules: [{ direction: "in", protocol: "icmp", sourceIps: ["0.0.0.0/0"] }],
  });
  const zone = new hcloud.Zone("support-zone", { name: "support.example", mode: "primary" });
  const box = new hcloud.StorageBox("support-box", {
    name: "support",
    storageBoxType: "bx11",
    location,
    password: storageBoxPassword,
  });
  const two = <T>(make: (name: string) => T, name: string): readonly [T, T] => [
    make(`${name}-one`),
    make(`${name}-two`),
  ];
  const [serverOne, serverTwo] = two(server, "server");
  const [volumeOne, volumeTwo] = two(volume, "volume");
  const [balancerOne, balancerTwo] = two(loadBalancer, "balancer");
  return {
    sshKey: asNumber(key),
    network: asNumber(network),
    subnet: subnet.id,
    servers: [asNumber(serverOne), asNumber(serverTwo)],
    firewall: asNumber(firewall),
    floatingIps: [asNumber(addresses[0]), asNumber(addresses[1])],
    floatingAddresses: [addresses[0].ipAddress, addresses[1].ipAddress],
    volumes: [asNumber(volumeOne), asNumber(volumeTwo)],
    loadBalancers: [asNumber(balancerOne), asNumber(balancerTwo)],
    zone: zone.name,
    storageBox: asNumber(box),
    certificates,
  };
}
