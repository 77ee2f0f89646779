import { type Flow, flowsTo } from "../plan/flows";
import type { Plan } from "../plan/plan";

/** One rule of a Hetzner Cloud firewall. */
export interface CloudFirewallRule {
  readonly direction: "in";
  readonly protocol: "tcp" | "udp" | "icmp";
  /** Absent for icmp. */
  readonly port?: string;
  readonly sourceIps: string[];
  readonly description: string;
}

const everywhere = ["0.0.0.0/0", "::/0"];

/**
 * Rules of the public side of a role's machines: what the plan's flows say about the internet, the administrators and
 * listed ranges. Traffic between machines is private, which cloud firewalls do not see.
 */
export function cloudFirewallRules(
  plan: Plan,
  role: string,
  adminRanges: readonly string[],
): CloudFirewallRule[] {
  const rules = new Map<string, CloudFirewallRule>();
  for (const flow of flowsTo(plan.flows, role)) {
    const sourceIps = publicSources(flow, adminRanges);
    // A rule without sources would be refused by the API; no administrators means no way in.
    if (sourceIps.length === 0 || flow.protocol === "vrrp") continue;
    const rule = {
      direction: "in" as const,
      protocol: flow.protocol,
      ...(flow.port === null ? {} : { port: String(flow.port) }),
      description: flow.purpose,
    };
    // Several ranges of one listener are one rule: Hetzner takes 50 rules.
    const key = JSON.stringify(rule);
    rules.set(key, { ...rule, sourceIps: [...(rules.get(key)?.sourceIps ?? []), ...sourceIps] });
  }
  return [...rules.values()];
}

function publicSources({ from }: Flow, adminRanges: readonly string[]): readonly string[] {
  if (from === "internet") return everywhere;
  if (from === "admin") return adminRanges;
  return from.includes("/") ? [from] : [];
}
