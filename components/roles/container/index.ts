export { ContainerMachines } from "./containerMachines";
export type { ContainerMachinesArgs, RoleContainer, RolePort } from "./inputs";
