// Makes what requests need: each call another object with a name of its own, in a cloud in memory.
import type { Json, TestCloud } from "../testCloud";

/** One object of each common kind, and the cloud for what is special. */
export interface Room {
  readonly cloud: TestCloud;
  /** A name that nothing else has. */
  name(): string;
  key(): Promise<Json>;
  network(): Promise<Json>;
  /** A running server, or what `more` makes of it. */
  server(more?: object): Promise<Json>;
  stopped(more?: object): Promise<Json>;
  firewall(more?: object): Promise<Json>;
  floatingIp(more?: object): Promise<Json>;
  primaryIp(more?: object): Promise<Json>;
  volume(more?: object): Promise<Json>;
  group(): Promise<Json>;
  snapshot(): Promise<Json>;
  /** Sends a POST, waits for its actions and answers the body. */
  done(path: string, body?: unknown): Promise<Json>;
}

/** An Ed25519 key that no other call has: the blob ends in the number. */
export function publicKey(number: number): string {
  const blob = Buffer.alloc(51);
  blob.writeUInt32BE(11, 0);
  blob.write("ssh-ed25519", 4);
  blob.writeUInt32BE(32, 15);
  blob.writeUInt32BE(number, 47);
  return `ssh-ed25519 ${blob.toString("base64")} someone`;
}

export function createRoom(cloud: TestCloud): Room {
  let count = 0;
  const name = () => `thing-${++count}`;
  const done = async (path: string, body?: unknown) => {
    const answer = await cloud.ok("POST", path, body);
    await cloud.api.runner.idle();
    return answer;
  };
  const make = (path: string, key: string, body: () => object) => async (more?: object) => {
    const { id } = (await done(path, { ...body(), ...more }))[key];
    return (await cloud.get(`${path}/${id}`))[key];
  };
  const body = smallestBodies(name, () => count);
  const server = make("/servers", "server", body.server);
  return {
    cloud,
    name,
    done,
    server,
    stopped: (more) => server({ start_after_create: false, ...more }),
    key: make("/ssh_keys", "ssh_key", body.key),
    network: make("/networks", "network", body.network),
    firewall: make("/firewalls", "firewall", body.firewall),
    floatingIp: make("/floating_ips", "floating_ip", body.floatingIp),
    primaryIp: make("/primary_ips", "primary_ip", body.primaryIp),
    volume: make("/volumes", "volume", body.volume),
    group: make("/placement_groups", "placement_group", body.group),
    snapshot: async () => {
      const { id } = await server();
      const { image } = await done(`/servers/${id}/actions/create_image`, { description: "before" });
      return (await cloud.get(`/images/${image.id}`)).image;
    },
  };
}

/** What a request for one of a kind has to say. */
function smallestBodies(name: () => string, number: () => number) {
  return {
    server: () => ({ name: name(), server_type: "cx23", image: "debian-13", location: "fsn1" }),
    key: () => ({ name: name(), public_key: publicKey(number()) }),
    network: () => ({
      name: name(),
      ip_range: "10.0.0.0/16",
      subnets: [{ type: "cloud", network_zone: "eu-central", ip_range: "10.0.1.0/24" }],
    }),
    firewall: () => ({
      name: name(),
      rules: [{ direction: "in", protocol: "tcp", port: "80", source_ips: ["0.0.0.0/0"] }],
    }),
    floatingIp: () => ({ name: name(), type: "ipv4", home_location: "fsn1" }),
    primaryIp: () => ({ name: name(), type: "ipv4", location: "fsn1", assignee_type: "server" }),
    volume: () => ({ name: name(), size: 10, location: "fsn1" }),
    group: () => ({ name: name(), type: "spread" }),
  };
}
