import * as hcloud from "@pulumi/hcloud";
import { type ResourceValidationPolicy, validateResourceOfType } from "@pulumi/policy";

/** What a firewall lets in. */
export interface InboundRule {
  readonly direction: string;
  readonly protocol: string;
  /** `22`, `8000-9000`, `any`; absent for icmp. */
  readonly port?: string;
  readonly sourceIps?: readonly string[];
}

/** What the whole internet may reach: pages, and whether a machine is there. */
const visitorPorts: Readonly<Record<string, readonly string[]>> = { tcp: ["80", "443"], udp: ["443"] };

/** A network of this size and larger is everybody: 0.0.0.0/0, and halves of it. */
const isEverybody = (range: string) => Number(range.split("/")[1]) <= (range.includes(":") ? 16 : 7);

/** What is open to everybody and is not for visitors. */
export function openToEverybody(rules: readonly InboundRule[]): string[] {
  return rules.flatMap(({ direction, protocol, port = "any", sourceIps = [] }) => {
    const ranges = sourceIps.filter(isEverybody);
    const isVisitors = protocol === "icmp" || visitorPorts[protocol]?.includes(port) === true;
    if (direction !== "in" || ranges.length === 0 || isVisitors) return [];
    return [`${protocol} ${port} is open to ${ranges.join(", ")}: name the networks that need it`];
  });
}

export const openPorts: ResourceValidationPolicy = {
  name: "only-visitors-ports-are-open",
  description: "The internet reaches HTTP, HTTPS and ping, and neither SSH nor a store.",
  severity: "critical",
  validateResource: validateResourceOfType(hcloud.Firewall, ({ rules }, _args, report) => {
    for (const problem of openToEverybody(rules ?? [])) report(problem);
  }),
};

/** A server that the internet reaches, and no firewall of Hetzner stands before it. */
export function isOpen(
  publicNets: readonly Reached[] | undefined,
  firewallIds: readonly unknown[] = [],
): boolean {
  // Without the block Hetzner gives a server both addresses.
  const isReached = publicNets?.every(
    ({ ipv4Enabled, ipv6Enabled }) => ipv4Enabled === false && ipv6Enabled === false,
  );
  return isReached !== true && firewallIds.length === 0;
}

interface Reached {
  readonly ipv4Enabled?: boolean;
  readonly ipv6Enabled?: boolean;
}

export const walledServers: ResourceValidationPolicy = {
  name: "public-servers-have-a-firewall",
  description: "A server with a public address has a firewall from its first second on.",
  severity: "high",
  validateResource: validateResourceOfType(hcloud.Server, ({ publicNets, firewallIds }, _args, report) => {
    if (isOpen(publicNets, firewallIds)) report("has a public address and no firewall: set firewallIds");
  }),
};
