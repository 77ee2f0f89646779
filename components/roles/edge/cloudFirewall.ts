import { flowsTo } from "../../plan/flows";
import { Tier } from "../../settings/settings";

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
 * Rules of the public side of the load balancers: what the table of flows says about the internet and the
 * administrators. Traffic between machines is private, which cloud firewalls do not see.
 */
export function cloudFirewallRules(adminRanges: readonly string[]): CloudFirewallRule[] {
  return flowsTo(Tier.Edge).flatMap((flow) => {
    if (flow.from !== "internet" && flow.from !== "admin") return [];
    if (flow.protocol === "vrrp") return [];
    const sourceIps = flow.from === "admin" ? [...adminRanges] : everywhere;
    // A rule without sources would be refused by the API; no administrators means no way in.
    if (sourceIps.length === 0) return [];
    return [
      {
        direction: "in" as const,
        protocol: flow.protocol,
        ...(flow.port === null ? {} : { port: String(flow.port) }),
        sourceIps,
        description: flow.purpose,
      },
    ];
  });
}
