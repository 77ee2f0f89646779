import { z } from "zod";
import { type InputProblem, isKnown, secretProblem } from "../../machine/inputErrors";
import { requireSize } from "../../machine/machinesArgs";
import type { SettingsProblem } from "../../settings/problems";
import { checkRules } from "../../settings/rules";
import { parseShape } from "../../settings/shape";
import type { OffsiteCopy, StorageNodeArgs } from "./inputs";
import {
  defaultObjectStoreImage,
  isOffsiteKey,
  offsiteKeyRule,
  type StorageSettings,
  storageSettings,
} from "./settings";
import { ownEndpointProblem, storageRules } from "./settingsRules";

// What a node is told besides its machine is what the section `storage` of a stack's file says of it, so the same
// shape, defaults and rules judge both.
const section = z.strictObject({ storage: storageSettings.schema });

/** Where arguments stand in a stack's file, the longest first. */
const placesOfArguments = [
  ["storage.backup.offsite", "offsite"],
  ["storage.backup.schedule", "backupSchedule"],
  ["storage.backup.retentionDays", "retentionDays"],
  ["offsiteAccessKeyId", "offsite.accessKeyId"],
  ["offsiteSecretAccessKey", "offsite.secretAccessKey"],
  ["images.objectStore", "objectStoreImage"],
  ["storage.", ""],
] as const;

/** The node's settings, with all defaults. What another resource answers later has a stand-in. */
export function storageOf(args: StorageNodeArgs): StorageSettings {
  const size = requireSize(args);
  return { ...shaped(args).values.storage, ...size };
}

/** The image by which the object store is pulled when the arguments name none. */
export function objectStoreImageOf(args: StorageNodeArgs) {
  const image = args.objectStoreImage ?? defaultObjectStoreImage(storageOf(args));
  if (image === undefined) throw new Error("this object store has no public image");
  return image;
}

/** What is wrong with the arguments that a stack's file has too. */
export function sectionProblems(args: StorageNodeArgs): InputProblem[] {
  const { values, problems } = shaped(args);
  const { bulkGb, objectStoreImage, offsite } = args;
  const given = {
    storage: { bulkGb },
    images: { objectStore: objectStoreImage },
    offsiteAccessKeyId: offsite?.accessKeyId,
    offsiteSecretAccessKey: offsite?.secretAccessKey,
  };
  return [
    ...[
      ...problems,
      ...checkRules(storageRules, { settings: values, given }, problems),
      ...ownEndpoint(args, values.storage.backup.offsite?.endpoint),
    ].map(inputProblem),
    ...secretProblem("offsite.accessKeyId", offsite?.accessKeyId, isOffsiteKey, offsiteKeyRule),
    ...secretProblem("offsite.secretAccessKey", offsite?.secretAccessKey, isOffsiteKey, offsiteKeyRule),
  ];
}

function shaped(args: StorageNodeArgs) {
  const { volumeGb, bucket, objectStoreEngine, bulk, bulkGb, keepStorageBox, logRetentionDays } = args;
  const { backupSchedule, retentionDays, offsite } = args;
  const backup = {
    schedule: backupSchedule,
    retentionDays,
    offsite: offsite === undefined ? undefined : knownCopy(offsite),
  };
  const storage = {
    volumeGb,
    bucket,
    objectStoreEngine,
    bulk,
    bulkGb,
    keepStorageBox,
    logRetentionDays,
    backup,
  };
  return parseShape(section, { storage });
}

function knownCopy({ endpoint, bucket, region }: OffsiteCopy) {
  return {
    endpoint: isKnown(endpoint) ? endpoint : "https://stand-in.example.com",
    bucket: isKnown(bucket) ? bucket : "stand-in",
    region: isKnown(region) ? region : "stand-in",
  };
}

function ownEndpoint({ address }: StorageNodeArgs, endpoint: string | undefined): SettingsProblem[] {
  if (endpoint === undefined || new URL(endpoint).hostname !== address) return [];
  return [ownEndpointProblem(endpoint)];
}

/** The remedy is left out: it names commands for a stack's file. */
function inputProblem({ path, value, allowed }: SettingsProblem): InputProblem {
  return { propertyPath: asArgument(path), reason: `got ${value}, allowed ${asArgument(allowed)}` };
}

function asArgument(text: string): string {
  return placesOfArguments.reduce((result, [place, name]) => result.replaceAll(place, name), text);
}
