import type { ObservedRoute } from "../linux/ip";
import { routeProtocol } from "../settings/names";
import type { RoutePlan } from "./planTypes";

export function unicast(family: 4 | 6, destination: string, target: string): RoutePlan {
  return { family, destination, target, kind: "unicast" };
}

/** Packets to it vanish without an answer, as those to a dead server do. */
export function blackhole(destination: string): RoutePlan {
  return { family: destination.includes(":") ? 6 : 4, destination, target: "", kind: "blackhole" };
}

/** What follows `ip route replace`. */
export function routeText(route: RoutePlan): string {
  return `${withoutProtocol(route)} proto ${routeProtocol}`;
}

/** What leads from the routes that are there to the wanted ones. */
export interface RouteChanges {
  /** What follows `ip route replace`. */
  readonly replace: readonly string[];
  /** What follows `ip route del`. */
  readonly remove: readonly string[];
}

/** @param present routes with our protocol number */
export function routeChanges(wanted: readonly RoutePlan[], present: readonly ObservedRoute[]): RouteChanges {
  const there = new Set(present.map(observedText));
  const kept = new Set(wanted.map(({ family, destination }) => `${family} ${destination}`));
  return {
    replace: wanted.filter((route) => !there.has(withoutProtocol(route))).map(routeText),
    remove: present
      .filter((route) => !kept.has(`${familyOf(route)} ${route.dst}`))
      .map((route) => `${observedText(route)} proto ${routeProtocol}`),
  };
}

function withoutProtocol({ kind, destination, target }: RoutePlan): string {
  const parts = [kind === "blackhole" ? "blackhole" : "", destination, target];
  return parts.filter((part) => part !== "").join(" ");
}

/** The words in the order of {@link RoutePlan.target}. */
function observedText({ type, dst, gateway, dev, flags, prefsrc }: ObservedRoute): string {
  // Linux names the loopback as the device of an IPv6 blackhole.
  if (type !== undefined && type !== "unicast") return `${type} ${dst}`;
  const parts = [
    dst,
    gateway === undefined ? "" : `via ${gateway}`,
    dev === undefined ? "" : `dev ${dev}`,
    flags?.includes("onlink") ? "onlink" : "",
    prefsrc === undefined ? "" : `src ${prefsrc}`,
  ];
  return parts.filter((part) => part !== "").join(" ");
}

/** `default` tells no family; an IPv6 one has a gateway here always. */
function familyOf({ dst, gateway }: ObservedRoute): 4 | 6 {
  return dst.includes(":") || gateway?.includes(":") ? 6 : 4;
}
