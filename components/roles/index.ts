import { appDefinition } from "./app/definition";
import { databaseDefinition } from "./database/definition";
import { edgeDefinition } from "./edge/definition";
import { storageDefinition } from "./storage/definition";
import { webDefinition } from "./web/definition";

/** Every role that a platform can have, one line each, in the order in which people read them and of their subnets. */
export const roleDefinitions = [
  edgeDefinition,
  webDefinition,
  appDefinition,
  databaseDefinition,
  storageDefinition,
] as const;
