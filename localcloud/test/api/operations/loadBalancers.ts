// Valid requests for load balancers and certificates.
import { makePems, type Pems } from "../certificates/pems";
import { history, type Prepare, type Requests, reads, to } from "./request";
import type { Room } from "./room";

const labels = { environment: "test" };

let pems: Promise<Pems> | undefined;

const uploaded = async (room: Room) => {
  pems ??= makePems("example.org");
  const { certificate, key } = await pems;
  return { name: room.name(), labels, type: "uploaded", certificate, private_key: key };
};

const certificate = async (room: Room): Promise<{ readonly id: number }> =>
  (await room.done("/certificates", await uploaded(room))).certificate;

const managed = async (room: Room): Promise<{ readonly id: number }> =>
  (
    await room.done("/certificates", {
      name: room.name(),
      type: "managed",
      domain_names: ["www.example.org"],
    })
  ).certificate;

export const certificateRequests: Requests = {
  ...reads("/certificates", certificate),
  ...history("/certificates", managed),
  "POST /certificates": [
    async (room) => ({ path: "/certificates", body: await uploaded(room) }),
    (room) => ({
      path: "/certificates",
      body: { name: room.name(), labels, type: "managed", domain_names: ["www.example.org"] },
    }),
  ],
  "PUT /certificates/{id}": async (room) => ({
    path: `/certificates/${(await certificate(room)).id}`,
    body: { name: room.name(), labels },
  }),
  "DELETE /certificates/{id}": to(certificate, (id) => `/certificates/${id}`),
  // Without a zone for its domain the first try has failed.
  "POST /certificates/{id}/actions/retry": to(managed, (id) => `/certificates/${id}/actions/retry`),
};

const health_check = {
  protocol: "http",
  port: 8080,
  interval: 15,
  timeout: 10,
  retries: 3,
  http: { domain: "example.org", path: "/", response: "", status_codes: ["2??"], tls: false },
};

const plain = { listen_port: 22, destination_port: 22, proxyprotocol: false };
const http = { cookie_name: "STICKY", cookie_lifetime: 300, timeout_idle: 60, sticky_sessions: true };

const services = {
  tcp: async (_room: Room) => ({
    protocol: "tcp",
    ...plain,
    health_check: { protocol: "tcp", port: 22, interval: 15, timeout: 10, retries: 3 },
  }),
  http: async (_room: Room) => ({ protocol: "http", ...plain, listen_port: 80, health_check, http }),
  https: async (room: Room) => ({
    protocol: "https",
    ...plain,
    listen_port: 443,
    health_check,
    http: { ...http, certificates: [(await certificate(room)).id], redirect_http: false },
  }),
};
const kindsOfService = Object.values(services);

const newBalancer = (room: Room) => ({
  name: room.name(),
  load_balancer_type: "lb11",
  location: "fsn1",
  algorithm: { type: "round_robin" },
  labels,
});

const balancerWith =
  (more: (room: Room) => Promise<object>) =>
  async (room: Room): Promise<{ readonly id: number }> => {
    const body = { ...newBalancer(room), ...(await more(room)) };
    return (await room.done("/load_balancers", body)).load_balancer;
  };

const balancer = balancerWith(async () => ({}));
const serving = balancerWith(async (room) => ({ services: [await services.http(room)] }));

const act =
  (action: string, body: (room: Room) => Promise<object> | object, owner = balancer): Prepare =>
  async (room) => ({
    path: `/load_balancers/${(await owner(room)).id}/actions/${action}`,
    body: await body(room),
  });

const attached = async (room: Room) => {
  const network = await room.network();
  const row = await balancerWith(async () => ({ network: network.id }))(room);
  return { path: `/load_balancers/${row.id}/actions`, network: network.id as number };
};

const targets = {
  server: async (room: Room) => ({
    type: "server",
    server: { id: (await room.server()).id },
    use_private_ip: false,
  }),
  selector: async (room: Room) => ({
    type: "label_selector",
    label_selector: { selector: `name=${room.name()}` },
    use_private_ip: false,
  }),
};
const kindsOfTarget = Object.values(targets);

export const loadBalancerRequests: Requests = {
  ...reads("/load_balancers", balancer),
  ...history("/load_balancers", balancer),
  "POST /load_balancers": [
    ...kindsOfService.map(
      (service): Prepare =>
        async (room) => ({
          path: "/load_balancers",
          body: {
            ...newBalancer(room),
            public_interface: true,
            network: (await room.network()).id,
            services: [await service(room)],
          },
        }),
    ),
    ...kindsOfTarget.map(
      (target): Prepare =>
        async (room) => ({
          path: "/load_balancers",
          body: { ...newBalancer(room), targets: [await target(room)] },
        }),
    ),
  ],
  "PUT /load_balancers/{id}": async (room) => ({
    path: `/load_balancers/${(await balancer(room)).id}`,
    body: { name: room.name(), labels },
  }),
  "DELETE /load_balancers/{id}": to(balancer, (id) => `/load_balancers/${id}`),
  "GET /load_balancers/{id}/metrics": async (room) => ({
    path: `/load_balancers/${(await balancer(room)).id}/metrics`,
    query: "type=open_connections&start=2026-01-01T00:00:00Z&end=2026-01-01T01:00:00Z&step=60",
  }),
  "POST /load_balancers/{id}/actions/add_service": kindsOfService.map((service) =>
    act("add_service", service),
  ),
  "POST /load_balancers/{id}/actions/update_service": act(
    "update_service",
    async () => ({
      protocol: "http",
      ...plain,
      listen_port: 80,
      health_check,
      http: { ...http, redirect_http: false },
    }),
    serving,
  ),
  "POST /load_balancers/{id}/actions/delete_service": act(
    "delete_service",
    () => ({ listen_port: 80 }),
    serving,
  ),
  "POST /load_balancers/{id}/actions/add_target": kindsOfTarget.map((target) => act("add_target", target)),
  "POST /load_balancers/{id}/actions/remove_target": kindsOfTarget.map(
    (target): Prepare =>
      async (room) => {
        const body = await target(room);
        const row = await balancerWith(async () => ({ targets: [body] }))(room);
        return { path: `/load_balancers/${row.id}/actions/remove_target`, body };
      },
  ),
  "POST /load_balancers/{id}/actions/change_algorithm": act("change_algorithm", () => ({
    type: "least_connections",
  })),
  "POST /load_balancers/{id}/actions/change_type": act("change_type", () => ({ load_balancer_type: "lb21" })),
  "POST /load_balancers/{id}/actions/attach_to_network": act("attach_to_network", async (room) => ({
    network: (await room.network()).id,
    ip: "10.0.1.9",
    ip_range: "10.0.1.0/24",
  })),
  "POST /load_balancers/{id}/actions/detach_from_network": async (room) => {
    const { path, network } = await attached(room);
    return { path: `${path}/detach_from_network`, body: { network } };
  },
  "POST /load_balancers/{id}/actions/disable_public_interface": async (room) => {
    const { path } = await attached(room);
    return { path: `${path}/disable_public_interface` };
  },
  "POST /load_balancers/{id}/actions/enable_public_interface": async (room) => {
    const { path } = await attached(room);
    await room.done(`${path}/disable_public_interface`);
    return { path: `${path}/enable_public_interface` };
  },
  "POST /load_balancers/{id}/actions/change_dns_ptr": async (room) => {
    const { id } = await balancer(room);
    const { load_balancer: row } = await room.cloud.get(`/load_balancers/${id}`);
    const body = { ip: row.public_net.ipv4.ip, dns_ptr: "a.example.com" };
    return { path: `/load_balancers/${id}/actions/change_dns_ptr`, body };
  },
  "POST /load_balancers/{id}/actions/change_protection": act("change_protection", () => ({ delete: true })),
};
