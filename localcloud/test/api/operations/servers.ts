// Valid requests for servers and images.

import { history, type Prepare, type Requests, reads, to } from "./request";
import type { Room } from "./room";

const running = (room: Room) => room.server();
const labels = { environment: "test" };

const act = (name: string, owner = running): Prepare => to(owner, (id) => `/servers/${id}/actions/${name}`);

const protectedSnapshot = async (room: Room) => {
  const image = await room.snapshot();
  await room.done(`/images/${image.id}/actions/change_protection`, { delete: true });
  return image;
};

const attached = async (room: Room) => {
  const network = await room.network();
  const server = await room.server({ networks: [network.id] });
  return { network, server };
};

export const serverRequests: Requests = {
  ...reads("/servers", running),
  ...history("/servers", running),
  "POST /servers": async (room) => ({
    path: "/servers",
    body: {
      name: room.name(),
      location: "fsn1",
      server_type: "cx23",
      start_after_create: true,
      image: "debian-13",
      placement_group: (await room.group()).id,
      ssh_keys: [(await room.key()).name],
      volumes: [(await room.volume()).id],
      networks: [(await room.network()).id],
      firewalls: [{ firewall: (await room.firewall()).id }],
      user_data: "#cloud-config\n",
      labels,
      automount: false,
      public_net: {
        enable_ipv4: true,
        enable_ipv6: true,
        ipv4: (await room.primaryIp()).id,
        ipv6: (await room.primaryIp({ type: "ipv6" })).id,
      },
    },
  }),
  "PUT /servers/{id}": async (room) => ({
    path: `/servers/${(await room.server()).id}`,
    body: { name: room.name(), labels },
  }),
  "DELETE /servers/{id}": to(running, (id) => `/servers/${id}`),
  "GET /servers/{id}/metrics": async (room) => ({
    path: `/servers/${(await room.server()).id}/metrics`,
    query: "type=cpu&start=2026-01-01T00:00:00Z&end=2026-01-01T01:00:00Z&step=60",
  }),
  "POST /servers/{id}/actions/poweron": act("poweron"),
  "POST /servers/{id}/actions/poweroff": act("poweroff"),
  "POST /servers/{id}/actions/shutdown": act("shutdown"),
  "POST /servers/{id}/actions/reboot": act("reboot"),
  "POST /servers/{id}/actions/reset": act("reset"),
  "POST /servers/{id}/actions/request_console": act("request_console"),
  "POST /servers/{id}/actions/reset_password": act("reset_password"),
  "POST /servers/{id}/actions/enable_backup": act("enable_backup"),
  "POST /servers/{id}/actions/disable_backup": act("disable_backup"),
  "POST /servers/{id}/actions/detach_iso": act("detach_iso"),
  "POST /servers/{id}/actions/disable_rescue": act("disable_rescue"),
  "POST /servers/{id}/actions/attach_iso": async (room) => ({
    path: `/servers/${(await room.server()).id}/actions/attach_iso`,
    body: { iso: (await room.cloud.get("/isos")).isos[0].name },
  }),
  "POST /servers/{id}/actions/enable_rescue": async (room) => ({
    path: `/servers/${(await room.server()).id}/actions/enable_rescue`,
    body: { type: "linux64", ssh_keys: [(await room.key()).id] },
  }),
  "POST /servers/{id}/actions/rebuild": async (room) => ({
    path: `/servers/${(await room.server()).id}/actions/rebuild`,
    body: { image: "debian-13", user_data: "#cloud-config\n" },
  }),
  "POST /servers/{id}/actions/create_image": async (room) => ({
    path: `/servers/${(await room.server()).id}/actions/create_image`,
    body: { description: "before", type: "snapshot", labels },
  }),
  "POST /servers/{id}/actions/change_type": async (room) => ({
    path: `/servers/${(await room.stopped()).id}/actions/change_type`,
    body: { upgrade_disk: true, server_type: "cx33" },
  }),
  "POST /servers/{id}/actions/change_protection": async (room) => ({
    path: `/servers/${(await room.server()).id}/actions/change_protection`,
    body: { delete: true, rebuild: true },
  }),
  "POST /servers/{id}/actions/change_dns_ptr": async (room) => {
    const { id, public_net } = await room.server();
    const body = { ip: public_net.ipv4.ip, dns_ptr: "a.example.com" };
    return { path: `/servers/${id}/actions/change_dns_ptr`, body };
  },
  "POST /servers/{id}/actions/add_to_placement_group": async (room) => ({
    path: `/servers/${(await room.stopped()).id}/actions/add_to_placement_group`,
    body: { placement_group: (await room.group()).id },
  }),
  "POST /servers/{id}/actions/remove_from_placement_group": async (room) => {
    const { id } = await room.server({ placement_group: (await room.group()).id });
    return { path: `/servers/${id}/actions/remove_from_placement_group` };
  },
  "POST /servers/{id}/actions/attach_to_network": async (room) => ({
    path: `/servers/${(await room.server()).id}/actions/attach_to_network`,
    body: {
      network: (await room.network()).id,
      ip: "10.0.1.5",
      alias_ips: ["10.0.1.6"],
      ip_range: "10.0.1.0/24",
    },
  }),
  "POST /servers/{id}/actions/detach_from_network": async (room) => {
    const { server, network } = await attached(room);
    return { path: `/servers/${server.id}/actions/detach_from_network`, body: { network: network.id } };
  },
  "POST /servers/{id}/actions/change_alias_ips": async (room) => {
    const { server, network } = await attached(room);
    const body = { network: network.id, alias_ips: ["10.0.1.77"] };
    return { path: `/servers/${server.id}/actions/change_alias_ips`, body };
  },
};

const snapshot = (room: Room) => room.snapshot();

export const imageRequests: Requests = {
  ...reads("/images", snapshot),
  ...history("/images", protectedSnapshot),
  "PUT /images/{id}": async (room) => ({
    path: `/images/${(await room.snapshot()).id}`,
    body: { description: "after", type: "snapshot", labels },
  }),
  "DELETE /images/{id}": to(snapshot, (id) => `/images/${id}`),
  "POST /images/{id}/actions/change_protection": async (room) => ({
    path: `/images/${(await room.snapshot()).id}/actions/change_protection`,
    body: { delete: true },
  }),
};
