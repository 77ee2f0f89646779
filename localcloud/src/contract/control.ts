// What the control API tells and takes. It listens on loopback only and never mixes with the Hetzner API:
//
//   GET    /               the page (src/page)
//   GET    /state          CloudState
//   GET    /requests       RequestsAnswer; `?after=<number>` answers what came later
//   GET    /events         server-sent events: `state` with a CloudState when it changed (at most four in a
//                          second), `request` with a NumberedRequest
//   GET    /faults         { faults: FaultStatus[] }
//   POST   /faults         FaultRequest -> 201 { fault: FaultStatus }
//   DELETE /faults/{id}    ends the fault now -> 204
//   DELETE /faults         ends all -> 204
//   POST   /acme           AcmeRequest -> 200 { acme: AcmeAnswer }: runs an ACME server from now on, in later daemons too
//   GET    /status         what the command line shows (src/control/socket.ts)
//
// What is refused answers 4xx with a ControlErrorBody.
import type { RequestLog } from "../settings/api";

/** What a person sees of the cloud at one moment. Ids are those of the API. */
export interface CloudState {
  /** ISO 8601. */
  readonly at: string;
  readonly endpoint: string;
  readonly networks: readonly NetworkState[];
  readonly servers: readonly ServerState[];
  readonly floatingIps: readonly AddressState[];
  readonly primaryIps: readonly AddressState[];
  readonly volumes: readonly VolumeState[];
  readonly loadBalancers: readonly LoadBalancerState[];
  readonly storageBoxes: readonly NamedState[];
  readonly zones: readonly NamedState[];
  /** Actions that have not ended. */
  readonly actions: readonly ActionState[];
  readonly faults: readonly FaultStatus[];
}

export interface NamedState {
  readonly id: number;
  readonly name: string;
  /** Name of the token's project. */
  readonly project: string;
  readonly status: string;
}

export interface NetworkState {
  readonly id: number;
  readonly name: string;
  readonly project: string;
  readonly ipRange: string;
}

export interface ServerState extends NamedState {
  readonly serverType: string;
  readonly location: string;
  readonly publicIpv4: string | null;
  readonly publicIpv6: string | null;
  readonly privateNets: readonly {
    readonly networkId: number;
    readonly ip: string;
    readonly aliasIps: readonly string[];
  }[];
  readonly placementGroup: string | null;
}

export interface AddressState {
  readonly id: number;
  readonly name: string;
  readonly project: string;
  readonly address: string;
  readonly serverId: number | null;
}

export interface VolumeState extends NamedState {
  readonly sizeGb: number;
  readonly serverId: number | null;
}

export interface LoadBalancerState extends NamedState {
  readonly publicIpv4: string | null;
  readonly privateNets: readonly { readonly networkId: number; readonly ip: string }[];
  readonly targets: readonly {
    readonly serverId: number | null;
    readonly address: string;
    readonly health: string;
  }[];
}

export interface ActionState {
  readonly id: number;
  readonly command: string;
  readonly progress: number;
  readonly started: string;
  readonly resources: readonly { readonly id: number; readonly type: string }[];
}

export interface NumberedRequest extends RequestLog {
  /** Counts from 1 since the daemon started. */
  readonly number: number;
}

export interface RequestsAnswer {
  /** The last 500 at most. */
  readonly requests: readonly NumberedRequest[];
}

/** One way to break something. Every fault ends by itself. */
export type Fault =
  | ApiFault
  | { readonly kind: "power-off"; readonly server: string }
  | { readonly kind: "freeze"; readonly server: string }
  /** A machine without its public side, its private networks, or both; or two machines that do not reach each other. */
  | {
      readonly kind: "partition";
      readonly server: string;
      readonly from: "internet" | "private" | "everything" | { readonly server: string };
    }
  | {
      readonly kind: "network";
      readonly server: string;
      readonly side: "public" | "private";
      readonly lossPercent: number;
      readonly delayMs: number;
      readonly jitterMs: number;
    }
  | { readonly kind: "full-disk"; readonly server: string; readonly path: string }
  | { readonly kind: "clock-shift"; readonly server: string; readonly seconds: number }
  /** HC-U3 and HC-U4: answers come late, or a route of the guest leads them nowhere. */
  | { readonly kind: "metadata"; readonly server: string; readonly how: "slow" | "poisoned-route" }
  /** Takes at most one member of any spread group (HC-PG3). */
  | { readonly kind: "host-failure"; readonly host: number };

/** HC-X1 to HC-X12 and HC-X14: what the API does wrong. */
export interface ApiFault {
  readonly kind: "api";
  readonly effect:
    | "rate-limit"
    | "unavailable"
    | "server-error"
    | "bad-gateway"
    | "timeout"
    | "no-answer"
    | "dropped-connection"
    | "latency"
    | "no-capacity"
    | "locked"
    | "conflict"
    | "quota"
    | "maintenance"
    | "sold-out"
    | "stuck-action"
    | "failed-action";
  /** `POST /servers`, `* /floating_ips/*`; for actions the command: `create_server`. @default everything */
  readonly pattern?: string;
  /** Name of a project. @default all */
  readonly project?: string;
  /** How many of the matching requests, 0 to 1. @default 1 */
  readonly share?: number;
  /** Ends after this many hits, if not earlier by time. */
  readonly count?: number;
  /** For `latency`. */
  readonly delayMs?: number;
  /** For `sold-out`: `cx23`, or `cx23@fsn1`. */
  readonly serverType?: string;
}

export interface FaultRequest {
  readonly fault: Fault;
  /** 1 to 86400. @default 60 */
  readonly seconds?: number;
}

export interface FaultStatus {
  readonly id: number;
  readonly fault: Fault;
  /** One line for people. */
  readonly summary: string;
  readonly began: string;
  readonly ends: string;
  /** Requests or actions that it met so far; for faults of machines 1 once it is in force. */
  readonly hits: number;
}

export interface AcmeRequest {
  /** Path of Pebble on this host. */
  readonly program: string;
}

/** An authority that issues certificates for names in the zones of the cloud. */
export interface AcmeAnswer {
  /** URL of its directory; machines trust its certificate. */
  readonly directory: string;
  /** File with the roots of everything that it has issued, PEM. */
  readonly roots: string;
}

/** One thing that is wrong with a request. */
export interface ControlProblem {
  /** Field or header: `fault.lossPercent`. */
  readonly path: string;
  readonly value: unknown;
  /** What to do about it. */
  readonly remedy: string;
}

export interface ControlErrorBody {
  readonly error: { readonly message: string; readonly problems: readonly ControlProblem[] };
}
