import { stringify } from "yaml";
import { includes, parseIpv4, range4 } from "../addresses/ip";
import type { NetworkSpec, ServerSpec, World } from "../host/contract";
import { firstHost6, resolverAddresses, resolverAddresses6 } from "../settings/names";

/** What the metadata service answers. */
export interface MetadataAnswer {
  readonly status: 200 | 204 | 404;
  readonly body: string;
}

/**
 * The answer for one path under `/hetzner/v1/` (HC-M1): leaves under `metadata/`, all of them as one YAML
 * document at `metadata`, the user data at `userdata`; and `/_internal/v1/volumes/<id>` (HC-M6).
 *
 * @param automounts volumes of this server whose attachment asked for a mount some minutes ago at most. The world
 *   does not name them yet: an attachment is state when its action has ended
 */
export function metadataAnswer(
  world: World,
  server: ServerSpec,
  path: string,
  automounts: ReadonlySet<number> = new Set(),
): MetadataAnswer {
  const clean = path.replace(/\/+$/, "");
  const volume = /^\/_internal\/v1\/volumes\/(\d{1,15})$/.exec(clean)?.[1];
  if (volume !== undefined) {
    return automounts.has(Number(volume)) ? { status: 200, body: "" } : notFound;
  }
  if (clean === "/hetzner/v1/userdata") {
    return server.userData === "" ? { status: 204, body: "" } : { status: 200, body: server.userData };
  }
  const document = metadataDocument(world, server);
  if (clean === "/hetzner/v1/metadata") return { status: 200, body: stringify(document) };
  const leaf = /^\/hetzner\/v1\/metadata\/([a-z0-9_-]+)$/.exec(clean)?.[1] ?? "";
  const value = leaf === "private-networks" ? privateNetworks(world, server) : document.get(leaf);
  if (value === undefined) return notFound;
  return { status: 200, body: typeof value === "object" ? stringify(value) : String(value) };
}

const notFound: MetadataAnswer = { status: 404, body: "not found" };

// A map, because a path names the leaf: no name may lead to what every object has.
function metadataDocument(world: World, server: ServerSpec): ReadonlyMap<string, unknown> {
  return new Map<string, unknown>([
    ["availability-zone", server.datacenter],
    ["hostname", server.name],
    ["instance-id", server.id],
    ["local-ipv4", ""],
    ["network-config", networkConfig(server)],
    ["network-sysconfig", networkSysconfig(server)],
    ["private-networks", stringify(privateNetworks(world, server))],
    ["public-ipv4", server.publicIpv4 ?? ""],
    ["public-keys", server.sshKeys],
    ["region", server.networkZone],
    ["vendor_data", ""],
  ]);
}

/** HC-M4. The machine room configures the interfaces; this is for software that reads it. */
function networkConfig(server: ServerSpec): object {
  const subnets: object[] = [];
  if (server.publicIpv4 !== null) {
    subnets.push({ dns_nameservers: [...resolverAddresses], ipv4: true, type: "dhcp" });
  }
  if (server.publicIpv6 !== null) {
    subnets.push({
      address: `${firstHost6(server.publicIpv6)}/64`,
      dns_nameservers: [...resolverAddresses6],
      gateway: "fe80::1",
      ipv6: true,
      type: "static",
    });
  }
  const device = { mac_address: server.macAddress, name: "eth0", subnets, type: "physical" };
  return { config: subnets.length === 0 ? [] : [device], version: 1 };
}

/** The same for systems with /etc/sysconfig; empty without public interface. */
function networkSysconfig(server: ServerSpec): string {
  if (server.publicIpv4 === null && server.publicIpv6 === null) return "";
  const lines = ["DEVICE='eth0'", "TYPE=Ethernet"];
  lines.push(server.publicIpv4 === null ? "BOOTPROTO=none" : "BOOTPROTO=dhcp");
  lines.push("ONBOOT='yes'", `HWADDR=${server.macAddress}`);
  if (server.publicIpv6 !== null) {
    lines.push("IPV6INIT=yes", `IPV6ADDR=${firstHost6(server.publicIpv6)}/64`);
    lines.push("IPV6_DEFAULTGW=fe80::1%eth0", "IPV6_AUTOCONF=no");
  }
  lines.push(...resolverAddresses.map((address, index) => `DNS${index + 1}=${address}`));
  return lines.map((line) => `${line}\n`).join("");
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
  const address = parseIpv4(ip) ?? -1;
  return {
    ip,
    alias_ips: aliasIps,
    interface_num: index + 1,
    mac_address: macAddress,
    network_id: network.id,
    network_name: network.name,
    network: network.ipRange,
    subnet: network.subnets.find((range) => includes(range4(range), address)) ?? "",
    gateway: network.gateway,
  };
}
