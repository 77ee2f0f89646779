/** A type of Hetzner's Load Balancer. */
export interface LoadBalancerType {
  /** `lb11`. */
  readonly name: string;
  /** Open connections at the same time. */
  readonly connections: number;
  /** EUR a month without VAT, in the EU. */
  readonly monthlyEur: number;
}

/**
 * Smallest first. The price of LB11 is that of 2026-06-15; the others' are assumed to have risen as much. `npm run
 * estimate` asks the API where it has a token.
 */
export const loadBalancerTypes: readonly [LoadBalancerType, ...LoadBalancerType[]] = [
  { name: "lb11", connections: 10_000, monthlyEur: 7.49 },
  { name: "lb21", connections: 20_000, monthlyEur: 22.49 },
  { name: "lb31", connections: 40_000, monthlyEur: 44.99 },
];

export const smallestLoadBalancer = loadBalancerTypes[0].name;
