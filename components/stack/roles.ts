import { appImages, appSettings } from "../roles/app/settings";
import { databaseImages, databaseSettings, databaseSettled } from "../roles/database/settings";
import { edgeSecrets, edgeSettings } from "../roles/edge/settings";
import { storageImages, storageSecrets, storageSettings } from "../roles/storage/settings";
import { storageSettled } from "../roles/storage/settingsRules";

/** The roles that a stack's file has sections for, in the order of their subnets. */
export const roleNames = [
  edgeSettings.name,
  appSettings.name,
  databaseSettings.name,
  storageSettings.name,
] as const;
export type RoleName = (typeof roleNames)[number];

/** A section for each role. */
export const roleSections = {
  edge: edgeSettings.schema,
  app: appSettings.schema,
  database: databaseSettings.schema,
  storage: storageSettings.schema,
};

/** Images of the roles' own software. */
export const roleImages = { ...appImages, ...databaseImages, ...storageImages };

/** Keys with secrets of the roles. */
export const roleSecrets = { ...edgeSecrets, ...storageSecrets };

/** Rules between values of one role, and what they look at beside it. */
export const roleRules = [
  ...edgeSettings.rules,
  ...appSettings.rules,
  ...databaseSettings.rules,
  ...storageSettings.rules,
];

/** What the data of roles depends on. */
export const roleSettled = { ...databaseSettled, ...storageSettled };
