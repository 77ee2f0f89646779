export { ContainerMachines } from "./containerMachines";
export type { ContainerMachinesArgs, LaterParts, RoleContainer, RolePort, RoleService } from "./inputs";
