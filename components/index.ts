/** The npm package: components to import one by one, and the plain values that they take. */

export { type MachineBaseOptions, machineBase } from "./machine/base";
export type { Bastion, MachineContext, PrivateNetwork } from "./machine/context";
export { deployKey } from "./machine/deployKey";
export { imageResolver, type Registries, type ResolveImage } from "./machine/images";
export { Machine } from "./machine/machine";
export { MachineGroup } from "./machine/machineGroup";
export type { MachinesArgs, PlatformContext, PrivateMachinesArgs } from "./machine/machinesArgs";
export { Network, type NetworkArgs } from "./machine/network";
export type { GroupMember, MachineArgs, MachineGroupArgs, OwnMachinesArgs } from "./machine/ownMachines";
export type { PlatformInputs } from "./machine/surroundings";
export { type Flow, flowsTo, planFlows } from "./plan/flows";
export type { Listener, Need, Part, Sender, Service } from "./plan/part";
export {
  type Ground,
  type MachinePlan,
  machinesOf,
  machinesOffering,
  type Plan,
  planRoles,
} from "./plan/plan";
export type { Order, Role, Rollout, Volume } from "./plan/role";
export { Platform, type PlatformArgs } from "./platform";
export type { MachineSummary } from "./platformOutputs";
export { planPlatform, presets } from "./presets";
export { PresetName } from "./presets/name";
export type { Preset } from "./presets/preset";
export type { ImageSettings, PlatformSettings } from "./presets/settings";
export { AppNodes, type AppNodesArgs, type AppService } from "./roles/app";
export { type AppSettings, appSettings, type ServiceSettings } from "./roles/app/settings";
export * from "./roles/container";
export { DatabaseNode, type DatabaseNodeArgs } from "./roles/database";
export { CacheEngine, type DatabaseSettings, databaseSettings } from "./roles/database/settings";
export { type Backend, LoadBalancerPair, type LoadBalancerPairArgs } from "./roles/edge";
export { EdgeEngine, type EdgeSettings, edgeSettings, OtherHosts } from "./roles/edge/settings";
export type { RoleName } from "./roles/sections";
export {
  type DatabaseLogin,
  type DatabaseToBackUp,
  type OffsiteCopy,
  StorageNode,
  type StorageNodeArgs,
} from "./roles/storage";
export {
  type BackupSettings,
  BulkBackend,
  ObjectStoreEngine,
  type OffsiteSettings,
  type StorageSettings,
  storageSettings,
} from "./roles/storage/settings";
export * from "./roles/web";
export type { DatabaseCredential } from "./settings/databaseAccess";
export type { OffsiteCredentials } from "./settings/offsiteCredentials";
export type {
  ImageSources,
  NetworkSettings,
  PlatformWide,
  RegistrySettings,
} from "./settings/platformWide";
export { SettingsError, type SettingsProblem } from "./settings/problems";
export { type Given, parseRole, type RoleSettings } from "./settings/roleSettings";
export type { Rule } from "./settings/rules";
export { Store } from "./settings/store";
export type { UserContainer, UserPort, UserRoleSettings, UserService } from "./settings/userRole";
export { type ContainerSpec, containerSetup } from "./setup/container";
export { type DockerOptions, dockerSetup, type RegistryCredential } from "./setup/docker";
export { mergeSetups } from "./setup/merge";
export { renderSetup } from "./setup/render";
export type { Probe } from "./setup/status";
export * from "./setup/types";
export { type MachineSize, resolveServerType } from "./sizing/resolve";
export { parseSettings } from "./stack/parse";
