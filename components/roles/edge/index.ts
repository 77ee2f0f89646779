export type { Backend, LoadBalancerPairArgs } from "./inputs";
export { LoadBalancerPair } from "./loadBalancerPair";
