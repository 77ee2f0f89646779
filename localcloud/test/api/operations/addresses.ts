// Valid requests for floating and primary IPs.

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
  to,
} from "./request";
import type { Room } from "./room";

const floatingIp: Owner = (room) => room.floatingIp();
const primaryIp: Owner = (room) => room.primaryIp();

const pointer =
  (path: `/${string}`, make: (room: Room) => ReturnType<Room["floatingIp"]>): Prepare =>
  async (room) => {
    const { id, ip } = await make(room);
    return { path: `${path}/${id}/actions/change_dns_ptr`, body: { ip, dns_ptr: "a.example.com" } };
  };

const assigned = async (room: Room) => {
  const row = await room.floatingIp();
  await room.done(`/floating_ips/${row.id}/actions/assign`, { server: (await room.server()).id });
  return row;
};

export const addressRequests: Requests = {
  ...reads("/floating_ips", floatingIp),
  ...history("/floating_ips", acted("/floating_ips", floatingIp)),
  "POST /floating_ips": async (room) => ({
    path: "/floating_ips",
    body: {
      type: "ipv4",
      server: (await room.server()).id,
      home_location: "fsn1",
      description: "the address that moves",
      name: room.name(),
      labels,
    },
  }),
  ...renames("/floating_ips", floatingIp, { description: "another" }),
  ...protects("/floating_ips", floatingIp),
  "POST /floating_ips/{id}/actions/assign": async (room) => ({
    path: `/floating_ips/${(await room.floatingIp()).id}/actions/assign`,
    body: { server: (await room.server()).id },
  }),
  "POST /floating_ips/{id}/actions/unassign": to(assigned, (id) => `/floating_ips/${id}/actions/unassign`),
  "POST /floating_ips/{id}/actions/change_dns_ptr": pointer("/floating_ips", (room) => room.floatingIp()),
  ...reads("/primary_ips", primaryIp),
  ...history("/primary_ips", acted("/primary_ips", primaryIp)),
  "POST /primary_ips": [
    async (room) => ({
      path: "/primary_ips",
      body: {
        name: room.name(),
        type: "ipv4",
        assignee_type: "server",
        assignee_id: (await room.stopped({ public_net: { enable_ipv4: false } })).id,
        auto_delete: false,
        labels,
      },
    }),
    (room) => ({
      path: "/primary_ips",
      body: { name: room.name(), type: "ipv6", assignee_type: "server", location: "fsn1" },
    }),
  ],
  ...renames("/primary_ips", primaryIp, { auto_delete: true }),
  ...protects("/primary_ips", primaryIp),
  "POST /primary_ips/{id}/actions/assign": async (room) => ({
    path: `/primary_ips/${(await room.primaryIp()).id}/actions/assign`,
    body: {
      assignee_type: "server",
      assignee_id: (await room.stopped({ public_net: { enable_ipv4: false } })).id,
    },
  }),
  "POST /primary_ips/{id}/actions/unassign": async (room) => {
    const { id } = await room.primaryIp();
    await room.stopped({ public_net: { ipv4: id } });
    return { path: `/primary_ips/${id}/actions/unassign` };
  },
  "POST /primary_ips/{id}/actions/change_dns_ptr": pointer("/primary_ips", (room) => room.primaryIp()),
};
