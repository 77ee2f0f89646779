export { DatabaseNode } from "./databaseNode";
export type { DatabaseNodeArgs } from "./inputs";
