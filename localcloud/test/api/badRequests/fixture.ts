// What exists while the bad requests are made.
import type { TestCloud } from "../testCloud";
import { sshKey } from "../testCloud";
import type { Fixture } from "./badRequest";
import { rule } from "./networks";

export async function makeFixture(cloud: TestCloud): Promise<Fixture> {
  await cloud.ok("POST", "/ssh_keys", { name: "key", public_key: sshKey });
  const primary = async (name: string, type: string, location: string) =>
    (await cloud.ok("POST", "/primary_ips", { name, type, location, assignee_type: "server" })).primary_ip.id;
  const net = await cloud.network();
  const { firewall } = await cloud.ok("POST", "/firewalls", { name: "fw", rules: [rule] });
  const running = await cloud.server("a", { networks: [net.id], firewalls: [{ firewall: firewall.id }] });
  const stopped = await cloud.server("b", { server_type: "cx33", start_after_create: false });
  const volume = async (name: string, more: object) =>
    (await cloud.ok("POST", "/volumes", { name, size: 10, ...more })).volume.id;
  const primaryIp = await primary("p4", "ipv4", "fsn1");
  const fixture = {
    network: net.id,
    server: running.id,
    stopped: stopped.id,
    firewall: firewall.id,
    used: running.public_net.ipv4.id,
    floatingIp: (await cloud.ok("POST", "/floating_ips", { type: "ipv4", home_location: "fsn1" })).floating_ip
      .id,
    primaryIp,
    primaryIpAddress: (await cloud.get(`/primary_ips/${primaryIp}`)).primary_ip.ip,
    primaryIp6: await primary("p6", "ipv6", "fsn1"),
    elsewhere: await primary("p4n", "ipv4", "nbg1"),
    volume: await volume("v", { location: "fsn1" }),
    attached: await volume("w", { server: running.id }),
  };
  await cloud.api.runner.idle();
  return fixture;
}
