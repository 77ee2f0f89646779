import { routeProtocol } from "./names";
import type { RoutePlan } from "./plan";

export function unicast(family: 4 | 6, destination: string, target: string): RoutePlan {
  return { family, destination, target, kind: "unicast" };
}

/** Packets to it vanish without an answer, as those to a dead server do. */
export function blackhole(destination: string): RoutePlan {
  return { family: destination.includes(":") ? 6 : 4, destination, target: "", kind: "blackhole" };
}

/** What follows `ip route replace`. */
export function routeText({ kind, destination, target }: RoutePlan): string {
  const parts = [kind === "blackhole" ? "blackhole" : "", destination, target, `proto ${routeProtocol}`];
  return parts.filter((part) => part !== "").join(" ");
}
