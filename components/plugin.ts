/** What programs in other languages may use: `pulumi package add`, see docs/components.md. */

export { Network } from "./machine/network";
export { DatabaseNode } from "./roles/database";
export { LoadBalancerPair } from "./roles/edge";
export { StorageNode } from "./roles/storage";
