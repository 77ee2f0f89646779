export type { Acme } from "./acmeInputs";
export type { Backend, LoadBalancerPairArgs } from "./inputs";
export { LoadBalancerPair } from "./loadBalancerPair";
