// Valid requests for keys, groups, networks, firewalls and volumes.

import {
  acted,
  history,
  labels,
  type Owner,
  type Prepare,
  protects,
  type Requests,
  reads,
  renames,
} from "./request";
import { publicKey, type Room } from "./room";

const rule = {
  description: "web",
  direction: "in",
  protocol: "tcp",
  port: "80",
  source_ips: ["0.0.0.0/0"],
  destination_ips: [],
};

const key: Owner = (room) => room.key();
const group: Owner = (room) => room.group();
const network: Owner = (room) => room.network();
const firewall: Owner = (room) => room.firewall();
const volume: Owner = (room) => room.volume();

const onNetwork =
  (action: string, body: object, before?: readonly [action: string, body: object]): Prepare =>
  async (room) => {
    const { id } = await room.network();
    if (before !== undefined) await room.done(`/networks/${id}/actions/${before[0]}`, before[1]);
    return { path: `/networks/${id}/actions/${action}`, body };
  };

const route = { destination: "192.168.0.0/24", gateway: "10.0.1.5" };
const subnet = { type: "cloud", network_zone: "eu-central", ip_range: "10.0.9.0/24" };

export const networkRequests: Requests = {
  ...reads("/networks", network),
  ...history("/networks", acted("/networks", network)),
  "POST /networks": (room) => ({
    path: "/networks",
    body: {
      name: room.name(),
      ip_range: "10.0.0.0/16",
      labels,
      subnets: [subnet],
      routes: [route],
      expose_routes_to_vswitch: false,
    },
  }),
  ...renames("/networks", network, { expose_routes_to_vswitch: true }),
  ...protects("/networks", network),
  "POST /networks/{id}/actions/add_subnet": onNetwork("add_subnet", subnet),
  "POST /networks/{id}/actions/delete_subnet": onNetwork("delete_subnet", { ip_range: "10.0.1.0/24" }),
  "POST /networks/{id}/actions/add_route": onNetwork("add_route", route),
  "POST /networks/{id}/actions/delete_route": onNetwork("delete_route", route, ["add_route", route]),
  "POST /networks/{id}/actions/change_ip_range": onNetwork("change_ip_range", { ip_range: "10.0.0.0/12" }),
};

const target = async (room: Room) => [
  { type: "server", server: { id: (await room.server()).id } },
  { type: "label_selector", label_selector: { selector: `name=${room.name()}` } },
];

/** The same with the selector first, whose fields are then the ones that are changed. */
const selectorFirst = async (room: Room) => (await target(room)).reverse();

const applies =
  (targets: typeof target): Prepare =>
  async (room) => ({
    path: `/firewalls/${(await room.firewall()).id}/actions/apply_to_resources`,
    body: { apply_to: await targets(room) },
  });

const removes =
  (targets: typeof target): Prepare =>
  async (room) => {
    const { id } = await room.firewall();
    const given = await targets(room);
    await room.done(`/firewalls/${id}/actions/apply_to_resources`, { apply_to: given });
    return { path: `/firewalls/${id}/actions/remove_from_resources`, body: { remove_from: given } };
  };

const appliedFirewall: Owner = async (room) => {
  const row = await room.firewall();
  await room.done(`/firewalls/${row.id}/actions/apply_to_resources`, { apply_to: await target(room) });
  return row;
};

export const firewallRequests: Requests = {
  ...reads("/firewalls", firewall),
  ...history("/firewalls", appliedFirewall),
  "POST /firewalls": [target, selectorFirst].map(
    (targets): Prepare =>
      async (room) => ({
        path: "/firewalls",
        body: { name: room.name(), labels, rules: [rule], apply_to: await targets(room) },
      }),
  ),
  ...renames("/firewalls", firewall),
  "POST /firewalls/{id}/actions/apply_to_resources": [target, selectorFirst].map(applies),
  "POST /firewalls/{id}/actions/remove_from_resources": [target, selectorFirst].map(removes),
  "POST /firewalls/{id}/actions/set_rules": async (room) => ({
    path: `/firewalls/${(await room.firewall()).id}/actions/set_rules`,
    body: { rules: [rule] },
  }),
};

export const keyAndGroupRequests: Requests = {
  ...reads("/ssh_keys", key),
  "POST /ssh_keys": (room) => {
    const name = room.name();
    return {
      path: "/ssh_keys",
      body: { name, public_key: publicKey(Number(name.slice(6)) + 500_000), labels },
    };
  },
  ...renames("/ssh_keys", key),
  ...reads("/placement_groups", group),
  "POST /placement_groups": (room) => ({
    path: "/placement_groups",
    body: { name: room.name(), type: "spread", labels },
  }),
  ...renames("/placement_groups", group),
};

export const volumeRequests: Requests = {
  ...reads("/volumes", volume),
  ...history("/volumes", volume),
  "POST /volumes": [
    async (room) => ({
      path: "/volumes",
      body: {
        size: 10,
        name: room.name(),
        labels,
        automount: false,
        format: "xfs",
        server: (await room.server()).id,
      },
    }),
    (room) => ({ path: "/volumes", body: { size: 10, name: room.name(), location: "fsn1" } }),
  ],
  ...renames("/volumes", volume),
  ...protects("/volumes", volume),
  "POST /volumes/{id}/actions/attach": async (room) => ({
    path: `/volumes/${(await room.volume()).id}/actions/attach`,
    body: { server: (await room.server()).id, automount: false },
  }),
  "POST /volumes/{id}/actions/detach": async (room) => {
    const { id } = await room.volume();
    await room.done(`/volumes/${id}/actions/attach`, { server: (await room.server()).id });
    return { path: `/volumes/${id}/actions/detach` };
  },
  "POST /volumes/{id}/actions/resize": async (room) => ({
    path: `/volumes/${(await room.volume()).id}/actions/resize`,
    body: { size: 11 },
  }),
};
