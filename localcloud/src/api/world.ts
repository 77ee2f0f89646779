// Derives from the rows everything that must exist on the host.

import { catalogue, locationNamed, serverTypeNamed } from "../catalogue/catalogue";
import type { FirewallRule, RescueSpec, ServerSpec, World, ZoneSpec } from "../host/contract";
import type { PrimaryIp, Rescue, Server, Zone } from "../state/rows";
import type { Store } from "../state/store";
import { primaryIpOf } from "./addresses/publicAddresses";
import { applicationTo } from "./firewalls/applications";
import { loadBalancerSpec } from "./loadBalancers/spec";
import { gatewayOf } from "./networks/gateway";
import { storageBoxSpecs } from "./storageBoxes/specs";

export function worldOf(store: Store): World {
  const servers = store.list("server");
  return {
    servers: servers.map((server) => specOf(store, server)),
    networks: store.list("network").map(({ id, name, ipRange, subnets, routes }) => ({
      id,
      name,
      ipRange,
      gateway: gatewayOf(ipRange),
      subnets: subnets.map((subnet) => subnet.ipRange),
      routes: routes.map(({ destination, gateway }) => ({ destination, gateway })),
    })),
    floatingAddresses: store.list("floating_ip").map(({ id, type, ip, server }) => ({
      id,
      cidr: type === "ipv4" ? `${ip}/32` : ip,
      serverId: server,
    })),
    volumes: store.list("volume").map(({ id, size, format, server }) => ({
      id,
      sizeGb: size,
      format,
      serverId: server,
    })),
    storageBoxes: storageBoxSpecs(store),
    zones: store.list("zone").map(zoneSpec),
    pointers: pointersOf(store),
    loadBalancers: store.list("load_balancer").map((row) => loadBalancerSpec(store, row)),
  };
}

function zoneSpec({ id, name, mode, ttl, recordSets, primaryNameservers }: Zone): ZoneSpec {
  if (mode === "secondary") {
    const sources = primaryNameservers.map(({ address, port, tsigAlgorithm, tsigKey }) => ({
      address,
      port,
      key: tsigAlgorithm === null || tsigKey === null ? null : { algorithm: tsigAlgorithm, secret: tsigKey },
    }));
    return { id, name, contents: { mode, sources } };
  }
  const records = recordSets.flatMap((set) =>
    set.records.map(({ value }) => ({ name: set.name, type: set.type, ttl: set.ttl ?? ttl, value })),
  );
  return { id, name, contents: { mode, records } };
}

function pointersOf(store: Store): World["pointers"] {
  const owners = [...store.list("primary_ip"), ...store.list("floating_ip"), ...store.list("load_balancer")];
  return Object.assign({}, ...owners.map(({ dnsPtr }) => dnsPtr));
}

function specOf(store: Store, server: Server): ServerSpec {
  const type = serverTypeNamed(server.serverType);
  const location = locationNamed(server.location);
  const address = (kind: PrimaryIp["type"]) => primaryIpOf(store, server.id, kind)?.ip ?? null;
  return {
    id: server.id,
    projectId: server.project,
    name: server.name,
    cores: type.cores,
    memoryGb: type.memoryGb,
    diskGb: server.diskGb,
    location: location.name,
    datacenter: location.datacenter.name,
    networkZone: location.network_zone,
    image: imageName(server.image),
    sshKeys: server.publicKeys,
    ...(server.rootPasswordHash !== null && { rootPasswordHash: server.rootPasswordHash }),
    userData: server.userData,
    macAddress: server.macAddress,
    publicIpv4: address("ipv4"),
    publicIpv6: address("ipv6"),
    attachments: server.privateNets.map(({ network, ip, aliasIps, macAddress }) => ({
      networkId: network,
      ip,
      aliasIps,
      macAddress,
    })),
    firewall: rulesFor(store, server),
    volumeIds: store
      .list("volume")
      .filter((volume) => volume.server === server.id)
      .map(({ id }) => id),
    power: server.power,
    ...(server.rescue && { rescue: rescueSpec(server.rescue) }),
  };
}

const rescueSpec = ({ publicKeys, rootPasswordHash }: Rescue): RescueSpec => ({
  sshKeys: publicKeys,
  rootPasswordHash,
});

/** What the machine room calls an image. */
function imageName(id: number | null): string {
  const system = catalogue.images.find((image) => image.id === id);
  return system?.name ?? `snapshot-${id ?? "deleted"}`;
}

/** A pending application counts already: a server never boots with its ports open. */
function rulesFor(store: Store, server: Server): readonly FirewallRule[] | null {
  const firewalls = store.list("firewall").filter((firewall) => applicationTo(firewall, server) !== null);
  if (firewalls.length === 0) return null;
  return firewalls.flatMap(({ rules }) =>
    rules.map(({ direction, protocol, port, sourceIps, destinationIps }) => ({
      direction,
      protocol,
      port,
      ranges: direction === "in" ? sourceIps : destinationIps,
    })),
  );
}
