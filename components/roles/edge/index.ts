export type { Acme, Backend, LoadBalancerPairArgs } from "./inputs";
export { LoadBalancerPair } from "./loadBalancerPair";
