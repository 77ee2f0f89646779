export type { DatabaseLogin, DatabaseToBackUp, OffsiteCopy, StorageNodeArgs } from "./inputs";
export { StorageNode } from "./storageNode";
