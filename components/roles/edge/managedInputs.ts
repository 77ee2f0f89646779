import type { PrivateNetwork } from "../../machine/context";
import { gotInstead, type InputProblem, plainProblem } from "../../machine/inputErrors";
import { addressProblems } from "../../machine/machinesArgs";
import { loadBalancerTypes } from "../../sizing/loadBalancers";
import { type Balancer, usualBalancerType } from "./managed";
import { EdgeEngine, EdgeMode } from "./settings";

/** What a pair behind Hetzner's load balancer is told of it, with `mode: "managed"`. */
export interface BalancerArgs {
  /** Private address of Hetzner's load balancer, which nothing else has: `10.0.1.10`. @default - none, which "managed" refuses */
  readonly balancerAddress?: string;
  /** Its type. @default "lb11" */
  readonly balancerType?: string;
}

/** What decides about it besides. */
interface Around extends BalancerArgs {
  readonly mode?: EdgeMode;
  readonly engine?: EdgeEngine;
  readonly ipv6?: boolean;
  readonly network: PrivateNetwork;
}

/** Hetzner's load balancer before the pair; undefined: there is none. */
export function balancerOf({ mode, balancerAddress, balancerType }: Around): Balancer | undefined {
  if (mode !== EdgeMode.Managed || balancerAddress === undefined) return undefined;
  return { address: balancerAddress, type: balancerType ?? usualBalancerType };
}

/** What is wrong with what is said of it. */
export function balancerProblems({
  mode,
  engine,
  network,
  balancerAddress,
  balancerType,
  ipv6,
}: Around): InputProblem[] {
  const types: readonly string[] = loadBalancerTypes.map(({ name }) => name);
  const missing = gotInstead(undefined, 'a private address of the network with "managed": 10.0.1.10');
  return [
    ...(mode === EdgeMode.Managed && balancerAddress === undefined
      ? [{ propertyPath: "balancerAddress", reason: missing }]
      : []),
    ...(balancerAddress === undefined
      ? []
      : addressProblems(network.range, [balancerAddress], () => "balancerAddress")),
    ...plainProblem("balancerType", balancerType, (type) => types.includes(type), types.join(", ")),
    ...(mode === EdgeMode.Managed
      ? [
          ...plainProblem("engine", engine, (value) => value !== EdgeEngine.Nginx, 'haproxy with "managed"'),
          ...plainProblem("ipv6", ipv6, (value) => !value, 'false with "managed"'),
        ]
      : []),
  ];
}
