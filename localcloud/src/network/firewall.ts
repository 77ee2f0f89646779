import type { FirewallRule, ServerSpec } from "../host/contract";
import { portOf } from "../settings/names";

/**
 * The chains of one server's cloud firewall, public side only (HC-F1). Rules return when they allow; what
 * reaches the end is dropped. Without `in` rules nothing comes in, without `out` rules everything goes out (HC-F2).
 */
export function firewallChains(server: ServerSpec): string {
  if (server.firewall === null) return "";
  const inbound = server.firewall.filter((rule) => rule.direction === "in");
  const outbound = server.firewall.filter((rule) => rule.direction === "out");
  const chains = [chain(`in_${server.id}`, inbound)];
  if (outbound.length > 0) chains.push(chain(`out_${server.id}`, outbound));
  return chains.join("\n");
}

/** Elements of the two verdict maps, port to chain. */
export function firewallJumps(servers: readonly ServerSpec[], direction: "in" | "out"): string[] {
  return servers
    .filter(
      ({ firewall }) =>
        firewall !== null && (direction === "in" || firewall.some((rule) => rule.direction === "out")),
    )
    .map(({ id }) => `"${portOf(id)}" : jump ${direction}_${id}`);
}

function chain(name: string, rules: readonly FirewallRule[]): string {
  const lines = rules.flatMap((rule) => rule.ranges.map((range) => `    ${ruleText(rule, range)} return`));
  return `  chain ${name} {\n${[...lines, "    drop"].join("\n")}\n  }`;
}

/** One rule for one range: `ip saddr 10.0.0.0/8 tcp dport 80`. */
export function ruleText(rule: FirewallRule, range: string): string {
  const family = range.includes(":") ? "ip6" : "ip";
  const side = rule.direction === "in" ? "saddr" : "daddr";
  const everywhere = range.endsWith("/0");
  const from = everywhere
    ? `meta nfproto ${family === "ip" ? "ipv4" : "ipv6"}`
    : `${family} ${side} ${range}`;
  return `${from} ${protocolText(rule, family)}`;
}

function protocolText(rule: FirewallRule, family: "ip" | "ip6"): string {
  if (rule.protocol === "icmp") return `meta l4proto ${family === "ip" ? "icmp" : "icmpv6"}`;
  if (rule.protocol !== "tcp" && rule.protocol !== "udp") return `meta l4proto ${rule.protocol}`;
  if (rule.port === null || rule.port === "any") return `meta l4proto ${rule.protocol}`;
  return `${rule.protocol} dport ${rule.port}`;
}
