/** The npm package: components to import one by one, and the plain values that they take. */
export { parseSettings } from "../config/parse";
export { SettingsError, type SettingsProblem } from "../config/problems";
export { AppNodes, type AppNodesArgs } from "./appNodes";
export { type DatabaseCredential, DatabaseNode, type DatabaseNodeArgs } from "./databaseNode";
export { LoadBalancerPair, type LoadBalancerPairArgs } from "./loadBalancerPair";
export { type Bastion, Machine, type MachineArgs, type MachineContext } from "./machine";
export { Network, type NetworkArgs } from "./network";
export { type MachineSummary, Platform, type PlatformArgs } from "./platform";
export * from "./settings";
export type { RegistryCredential } from "./setup/docker";
export { mergeSetups } from "./setup/merge";
export { renderSetup } from "./setup/render";
export * from "./setup/types";
export { resolveServerType } from "./sizing/resolve";
export { StorageNode, type StorageNodeArgs } from "./storageNode";
export type { OffsiteCredentials } from "./storageNode/backupConfig";
export type { PrivateTierArgs, TierArgs } from "./tier";
export { type MachinePlan, planTopology, type Topology } from "./topology";
