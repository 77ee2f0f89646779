// Valid requests for what can only be read.

import { type Requests, reads } from "./request";
import type { Room } from "./room";

const first = (path: string, key: string) => async (room: Room) => (await room.cloud.get(path))[key][0];

const action = async (room: Room) => {
  const { id } = await room.server();
  return (await room.cloud.get(`/servers/${id}/actions`)).actions[0].id as number;
};

export const catalogueRequests: Requests = {
  ...reads("/server_types", first("/server_types", "server_types")),
  ...reads("/locations", first("/locations", "locations")),
  ...reads("/datacenters", first("/datacenters", "datacenters")),
  ...reads("/load_balancer_types", first("/load_balancer_types", "load_balancer_types")),
  ...reads("/isos", first("/isos", "isos")),
  "GET /pricing": () => ({ path: "/pricing" }),
  "GET /actions": async (room) => ({ path: "/actions", query: `id=${await action(room)}` }),
  "GET /actions/{id}": async (room) => ({ path: `/actions/${await action(room)}` }),
};
