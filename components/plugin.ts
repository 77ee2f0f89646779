/** What programs in other languages may use: `pulumi package add`, see docs/components.md. */

export { Network } from "./machine/network";
export { LoadBalancerPair } from "./roles/edge";
