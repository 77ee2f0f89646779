import { stringify } from "yaml";
import type { NetworkSpec, ServerSpec, World } from "../host";
import { resolverAddresses } from "../network/names";

/** What the metadata service answers. */
export interface MetadataAnswer {
  readonly status: 200 | 204 | 404;
  readonly body: string;
}

/**
 * The answer for one path under `/hetzner/v1/` (HC-M1): leaves under `metadata/`, all of them as one YAML
 * document at `metadata`, the user data at `userdata`.
 */
export function metadataAnswer(world: World, server: ServerSpec, path: string): MetadataAnswer {
  const clean = path.replace(/\/+$/, "");
  if (clean === "/hetzner/v1/userdata") {
    return server.userData === "" ? { status: 204, body: "" } : { status: 200, body: server.userData };
  }
  const document = metadataDocument(world, server);
  if (clean === "/hetzner/v1/metadata") return { status: 200, body: stringify(document) };
  const leaf = /^\/hetzner\/v1\/metadata\/([a-z0-9_-]+)$/.exec(clean)?.[1];
  const value = leaf === "private-networks" ? privateNetworks(world, server) : document[leaf ?? ""];
  if (value === undefined) return { status: 404, body: "not found" };
  return { status: 200, body: typeof value === "object" ? stringify(value) : String(value) };
}

function metadataDocument(world: World, server: ServerSpec): Record<string, unknown> {
  return {
    "availability-zone": server.datacenter,
    hostname: server.name,
    "instance-id": server.id,
    "local-ipv4": "",
    "network-config": networkConfig(server),
    "private-networks": stringify(privateNetworks(world, server)),
    "public-ipv4": server.publicIpv4 ?? "",
    "public-keys": server.sshKeys,
    region: server.networkZone,
    vendor_data: "",
  };
}

/** HC-M4. The machine room configures the interfaces; this is for software that reads it. */
function networkConfig(server: ServerSpec): object {
  const subnets: object[] = [];
  if (server.publicIpv4 !== null) {
    subnets.push({ dns_nameservers: [...resolverAddresses], ipv4: true, type: "dhcp" });
  }
  if (server.publicIpv6 !== null) {
    subnets.push({
      address: `${server.publicIpv6.split("/")[0]}1/64`,
      dns_nameservers: ["2a01:4ff:ff00::add:1", "2a01:4ff:ff00::add:2"],
      gateway: "fe80::1",
      ipv6: true,
      type: "static",
    });
  }
  const device = { mac_address: server.macAddress, name: "eth0", subnets, type: "physical" };
  return { config: subnets.length === 0 ? [] : [device], version: 1 };
}

/** HC-M3. */
function privateNetworks(world: World, server: ServerSpec): object[] {
  return server.attachments.flatMap((attachment, index) => {
    const network = world.networks.find(({ id }) => id === attachment.networkId);
    return network === undefined ? [] : [privateNetwork(network, attachment, index)];
  });
}

function privateNetwork(
  network: NetworkSpec,
  { ip, aliasIps, macAddress }: ServerSpec["attachments"][number],
  index: number,
): object {
  return {
    ip,
    alias_ips: aliasIps,
    interface_num: index + 1,
    mac_address: macAddress,
    network_id: network.id,
    network: network.ipRange,
    gateway: network.gateway,
  };
}
