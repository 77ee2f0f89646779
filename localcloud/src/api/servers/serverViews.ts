// Servers as Hetzner's objects, with what other rows say about them.

import { runningActions } from "../../actions/work";
import { catalogue, locationNamed, serverTypeNamed } from "../../catalogue/catalogue";
import type { PrimaryIp, Server } from "../../state/rows";
import type { Store } from "../../state/store";
import { primaryIpOf } from "../addresses/publicAddresses";
import { dnsPtrsOf } from "../addresses/reverseDns";
import { type Call, findOwned, listOwned, ref } from "../calls/call";
import { isLocked } from "../calls/locks";
import { renderDatacenter, renderIso, renderLocation, renderServerType } from "../catalogue/catalogueViews";
import { applicationTo } from "../firewalls/applications";
import { findImage } from "../images/images";
import { isTarget } from "../loadBalancers/spec";
import { renderPlacementGroup } from "../placement/placementGroups";
import { isoOf } from "./actions/isos";
import { isRescueEnabled } from "./actions/rescue";

/** What a server is while an action of this command runs; by itself it is `running` or `off`. */
const transitions: Readonly<Record<string, string>> = {
  create_server: "initializing",
  start_server: "starting",
  reset_server: "starting",
  stop_server: "stopping",
  shutdown_server: "stopping",
  delete_server: "deleting",
  rebuild_server: "rebuilding",
  change_server_type: "migrating",
};

export function statusOf(store: Store, server: Server): string {
  for (const action of runningActions(store)) {
    const transition = transitions[action.command];
    if (transition === undefined) continue;
    if (action.resources.some(({ id, type }) => type === "server" && id === server.id)) return transition;
  }
  return server.power === "on" ? "running" : "off";
}

export function renderServer(call: Call, server: Server) {
  const { settings, store } = call;
  const location = locationNamed(server.location);
  const iso = isoOf(server);
  const group =
    server.placementGroup === null ? undefined : findOwned(call, "placement_group", server.placementGroup);
  return {
    id: server.id,
    name: server.name,
    status: statusOf(store, server),
    created: server.created,
    public_net: renderPublicNet(call, server),
    private_net: server.privateNets.map(({ network, ip, aliasIps, macAddress }) => ({
      network,
      ip,
      alias_ips: aliasIps,
      mac_address: macAddress,
    })),
    server_type: renderServerType(serverTypeNamed(server.serverType), settings),
    ...(settings.datacenterFields && { datacenter: renderDatacenter(location, settings) }),
    location: renderLocation(location),
    image: server.image === null ? null : (findImage(call, server.image) ?? null),
    iso: iso === undefined ? null : renderIso(iso),
    rescue_enabled: isRescueEnabled(server),
    locked: isLocked(store, ref("server", server.id)),
    backup_window: server.backupWindow,
    outgoing_traffic: 0,
    ingoing_traffic: 0,
    included_traffic: catalogue.prices.includedTrafficBytes,
    protection: { delete: server.protected, rebuild: server.protected },
    labels: server.labels,
    volumes: idsOf(listOwned(call, "volume").filter((volume) => volume.server === server.id)),
    load_balancers: idsOf(listOwned(call, "load_balancer").filter((row) => isTarget(store, row, server.id))),
    primary_disk_size: server.diskGb,
    placement_group: group === undefined ? null : renderPlacementGroup(call, group),
  };
}

const idsOf = (rows: readonly { id: number }[]) => rows.map(({ id }) => id);

function renderPublicNet(call: Call, server: Server) {
  const ipv4 = primaryIpOf(call.store, server.id, "ipv4");
  const ipv6 = primaryIpOf(call.store, server.id, "ipv6");
  return {
    ipv4: ipv4 === undefined ? null : { ...common(ipv4), dns_ptr: dnsPtrsOf(ipv4)[0]?.dns_ptr ?? "" },
    ipv6: ipv6 === undefined ? null : { ...common(ipv6), dns_ptr: dnsPtrsOf(ipv6) },
    floating_ips: idsOf(listOwned(call, "floating_ip").filter((ip) => ip.server === server.id)),
    firewalls: listOwned(call, "firewall").flatMap((firewall) => {
      const application = applicationTo(firewall, server);
      return application === null ? [] : [{ id: firewall.id, status: application.status }];
    }),
  };
}

const common = ({ id, ip }: PrimaryIp) => ({ id, ip, blocked: false });
