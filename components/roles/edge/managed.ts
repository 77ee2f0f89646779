import type { SettingsProblem } from "../../settings/problems";
import { hostAddress } from "../../settings/ranges";
import type { Rule } from "../../settings/rules";
import type { SetupFile } from "../../setup/types";
import { smallestLoadBalancer } from "../../sizing/loadBalancers";
import type { EdgeOptions } from "./edge";

/** Where Hetzner's load balancer asks how a machine is, on the port of health; it answers 503 before it leaves. */
export const balancedPath = "/balanced";

/** What HAProxy looks up whether an operator takes this machine out; a running one is told to change it. */
export const balancedMap = "/etc/haproxy/balanced.map";

/** Seconds between two questions of Hetzner's load balancer, the shortest that there are. */
export const checkSeconds = 3;
/** Answers in a row that take a machine out or in again. */
export const checkRetries = 2;
export const checkTimeoutSeconds = 2;

/** Seconds until it certainly sends nothing more to a machine that denies its health. */
export const noticeSeconds = checkSeconds * checkRetries + checkTimeoutSeconds + 2;

/** Below the first machine is room for addresses of another kind. */
const hostNumber = 10;

/** Private address of Hetzner's load balancer. @param subnet of the pair */
export function balancerAddressIn(subnet: string): string {
  return hostAddress(subnet, hostNumber);
}

/** What the pair needs to know of it. */
export interface Balancer {
  /** Private address, from which all of its connections come. */
  readonly address: string;
  /** `lb11`. */
  readonly type: string;
}

/** What an order of it says where nobody says otherwise. */
export const usualBalancerType = smallestLoadBalancer;

/**
 * HAProxy's first lines for a connection. Hetzner's load balancer hands over bytes, and says in front of them who the
 * visitor is (PROXY protocol). It alone is believed; whoever comes by himself says nothing of the kind.
 */
export function haproxyBalancer({ balancer }: EdgeOptions): string {
  return balancer === undefined
    ? ""
    : `  tcp-request connection expect-proxy layer4 if { src ${balancer.address} }\n`;
}

/** A start finds that nobody leaves. */
export function balancedFiles({ balancer }: EdgeOptions): SetupFile[] {
  return balancer === undefined ? [] : [{ path: balancedMap, content: "leaving no\n" }];
}

/** Of HAProxy's health, what Hetzner's load balancer asks. */
export function haproxyBalanced({ balancer }: EdgeOptions): string {
  if (balancer === undefined) return "";
  const answer = (status: number, text: string) =>
    `  http-request return status ${status} content-type text/plain string ${text} if { path ${balancedPath} }`;
  return `${answer(503, "leaving")} { str(leaving),map(${balancedMap},no) -m str yes }
${answer(503, "unreachable")} { nbsrv(reach) lt 1 }
${answer(503, "stopping")} { stopping }
${answer(200, "balanced")}
`;
}

/** What the rule looks at. */
export interface ManagedInput {
  readonly settings: {
    readonly edge: {
      readonly engine: string;
      readonly mode?: string | undefined;
      readonly balancerType?: string | undefined;
      readonly ipv6?: boolean | undefined;
    };
  };
}

/** nginx believes all who connect to a port, or nobody. */
export const managedRule: Rule<ManagedInput> = {
  reads: ["edge.engine", "edge.mode", "edge.balancerType", "edge.ipv6"],
  check: ({ settings: { edge } }): readonly SettingsProblem[] => {
    const isManaged = edge.mode === "managed";
    return [
      ...(isManaged && edge.engine === "nginx"
        ? [
            {
              path: "edge.engine",
              value: "nginx",
              allowed:
                "haproxy with edge.mode: managed, as nginx cannot tell whom to believe about a visitor",
              remedy: "set edge.engine: haproxy, or another mode",
            },
          ]
        : []),
      ...(isManaged && edge.ipv6 === true
        ? [
            {
              path: "edge.ipv6",
              value: "true",
              allowed:
                "false with edge.mode: managed: visitors over IPv6 would go past Hetzner's load balancer",
              remedy: "remove it, or set another mode",
            },
          ]
        : []),
      ...(!isManaged && edge.balancerType !== undefined
        ? [
            {
              path: "edge.balancerType",
              value: edge.balancerType,
              allowed: "nothing without edge.mode: managed: there is no such load balancer then",
              remedy: "set edge.mode: managed, or remove it",
            },
          ]
        : []),
    ];
  },
};
