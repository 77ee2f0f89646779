/** The npm package: components to import one by one, and the plain values that they take. */

export { deployKey } from "./machine/deployKey";
export { imageResolver, type Registries, type ResolveImage } from "./machine/images";
export { type Bastion, Machine, type MachineArgs, type MachineContext } from "./machine/machine";
export { Network, type NetworkArgs } from "./machine/network";
export type { PrivateTierArgs, TierArgs } from "./machine/tier";
export { type MachinePlan, planTopology, type Topology } from "./plan/topology";
export { Platform, type PlatformArgs } from "./platform";
export type { MachineSummary } from "./platformOutputs";
export { AppNodes, type AppNodesArgs } from "./roles/app";
export { type DatabaseCredential, DatabaseNode, type DatabaseNodeArgs } from "./roles/database";
export { LoadBalancerPair, type LoadBalancerPairArgs } from "./roles/edge";
export type { Backend } from "./roles/edge/edge";
export { StorageNode, type StorageNodeArgs } from "./roles/storage";
export type { OffsiteCredentials } from "./roles/storage/backupConfig";
export { SettingsError, type SettingsProblem } from "./settings/problems";
export * from "./settings/settings";
export { baseSetup } from "./setup/base";
export { type ContainerSpec, containerSetup } from "./setup/container";
export { type DockerOptions, dockerSetup, type RegistryCredential } from "./setup/docker";
export { mergeSetups } from "./setup/merge";
export { renderSetup } from "./setup/render";
export * from "./setup/types";
export { resolveServerType } from "./sizing/resolve";
export { parseSettings } from "./stack/parse";
