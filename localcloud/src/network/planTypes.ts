// The wanted network as values: what plan.ts makes of a world, and apply.ts makes so.
import type { World } from "../host/contract";
import type { LocalCloudSettings } from "../settings/cloud";
import type { DhcpPlan } from "./dhcp";

/** A veth pair: one end in a router, the other in a machine, in another router or on the host. */
export interface LinkPlan {
  /** Name of the router's end. */
  readonly name: string;
  readonly mtu: number;
  /** Addresses of the router's end, with prefix length. */
  readonly addresses: readonly string[];
  readonly peer: {
    /** Namespace of the other end; null for the host itself. */
    readonly namespace: string | null;
    readonly name: string;
    readonly macAddress: string | null;
    /** A running machine configures it itself when it appears, by DHCP; the setup is for a machine that boots. */
    readonly hotPlug?: boolean;
    /**
     * `ip -batch` lines that run once when the link is made, in the peer's namespace. Later the guest owns its
     * interface: it may add routes and addresses, as on a real server.
     */
    readonly setup: readonly string[];
  };
}

/** A route of a router; the text after `ip route replace`, with the device last. */
export interface RoutePlan {
  readonly family: 4 | 6;
  readonly destination: string;
  /** `via 10.0.0.2 dev m1 onlink`, `dev m1`; empty for a blackhole. */
  readonly target: string;
  readonly kind: "unicast" | "blackhole";
}

export interface RouterPlan {
  readonly namespace: string;
  readonly links: readonly LinkPlan[];
  readonly routes: readonly RoutePlan[];
  /** Complete ruleset of the namespace, as one transaction. */
  readonly rules: string;
  /** What its DHCP server gives out. */
  readonly dhcp?: DhcpPlan;
}

export interface HostSidePlan {
  readonly link: string;
  /** `ip -batch` lines for the host's end; all of them idempotent. */
  readonly setup: readonly string[];
  readonly routes: readonly RoutePlan[];
  readonly rules: string;
}

export interface NetworkPlan {
  readonly host: HostSidePlan;
  readonly routers: readonly RouterPlan[];
  /** Namespaces of machines, of load balancers and of the outside client: they hold link ends only. */
  readonly leaves: readonly string[];
}

export interface PlanInput {
  readonly world: World;
  /** Servers whose machine runs or is about to: only these have ports. */
  readonly active: ReadonlySet<number>;
  readonly settings: LocalCloudSettings;
  /** Servers with a private lease that leads the metadata address the wrong way (HC-U4). @default none */
  readonly poisoned?: ReadonlySet<number>;
  /** Whether the host's kernel speaks IPv6. */
  readonly ipv6: boolean;
  /** MTU of the host's way out, to which TCP is clamped. */
  readonly uplinkMtu: number;
}
