import ipaddr from "ipaddr.js";
import { formatValue, type SettingsProblem } from "../../settings/problems";
import type { Rule } from "../../settings/rules";
import { type SettledRules, storeRule } from "../../settings/settled";
import { hasStorageBox } from "./copies";
import type { StorageSettings } from "./settings";

/** What the rules look at: the role's settings, and what the file says itself. */
export interface StorageInput {
  readonly settings: { readonly storage: StorageSettings };
  readonly given: {
    readonly storage?: { readonly bulkGb?: unknown } | undefined;
    readonly images?: { readonly objectStore?: unknown } | undefined;
    readonly offsiteAccessKeyId?: unknown;
    readonly offsiteSecretAccessKey?: unknown;
  };
}

/** Which store, which second copy, which box. */
export const storageRules: readonly Rule<StorageInput>[] = [
  { reads: ["storage.objectStoreEngine", "images.objectStore"], check: objectStoreProblems },
  {
    reads: ["storage.backup.offsite.endpoint"],
    check: ({ settings }) => endpointProblems(settings.storage.backup.offsite?.endpoint),
  },
  // Also beside a bucket or a region that is missing.
  {
    reads: ["offsiteAccessKeyId", "offsiteSecretAccessKey"],
    check: ({ settings, given }) => offsiteKeyProblems(settings.storage, given),
  },
  {
    reads: ["storage.bulk", "storage.backup.offsite"],
    check: ({ settings }) => bulkProblems(settings.storage),
  },
  { reads: ["storage.bulk", "storage.bulkGb", "storage.keepStorageBox"], check: boxProblems },
];

function objectStoreProblems({ settings, given }: StorageInput): readonly SettingsProblem[] {
  if (settings.storage.objectStoreEngine !== "minio" || given.images?.objectStore !== undefined) return [];
  const allowed =
    "an image reference while storage.objectStoreEngine is minio, which has no public image any more";
  const remedy = "name an image of your own, or take storage.objectStoreEngine: versitygw";
  return [{ path: "images.objectStore", value: "nothing", allowed, remedy }];
}

/** Keys of the second copy that are missing: they come with its bucket. */
function offsiteKeyProblems(
  { backup }: StorageSettings,
  keys: Pick<StorageInput["given"], "offsiteAccessKeyId" | "offsiteSecretAccessKey">,
): readonly SettingsProblem[] {
  if (backup.offsite === undefined) return [];
  return (["offsiteAccessKeyId", "offsiteSecretAccessKey"] as const)
    .filter((key) => keys[key] === undefined)
    .map((key) => ({
      path: key,
      value: "nothing",
      allowed: "a secret while storage.backup.offsite is set",
      remedy: `run: pulumi config set --secret ${key}`,
    }));
}

/** What is wrong with a bucket without keys, or with keys without a bucket; undefined: nothing. */
export function offsitePairProblem(
  { offsite }: StorageSettings["backup"],
  hasCredentials: boolean,
): string | undefined {
  if ((offsite !== undefined) === hasCredentials) return undefined;
  const said =
    offsite === undefined ? "credentials without a bucket" : `${offsite.endpoint} without credentials`;
  return `got ${said}, allowed both or neither`;
}

/** Copies that never leave the machine, or leave it in clear text. */
function endpointProblems(endpoint: string | undefined): readonly SettingsProblem[] {
  if (endpoint === undefined) return [];
  const host = new URL(endpoint).hostname;
  if (["localhost", "[::1]", "0.0.0.0"].includes(host) || /^127\./.test(host)) {
    return [ownEndpointProblem(endpoint)];
  }
  const near = ipaddr.IPv4.isValid(host) && ipaddr.IPv4.parse(host).range() !== "unicast";
  if (near || endpoint.startsWith("https:")) return [];
  const remedy = "backups must not travel in clear text: use https";
  return [endpointProblem(endpoint, "https:// to a public host", remedy)];
}

/** A second copy on the very machine that the first one is on. */
export function ownEndpointProblem(endpoint: string): SettingsProblem {
  const remedy = "name a store elsewhere: this is the storage node itself, and its copy is lost with it";
  return endpointProblem(endpoint, "a store outside of the platform", remedy);
}

function endpointProblem(endpoint: string, allowed: string, remedy: string): SettingsProblem {
  return { path: "storage.backup.offsite.endpoint", value: formatValue(endpoint), allowed, remedy };
}

/** Backups go to a bucket that nobody has named. */
export function bulkProblems({
  bulk,
  backup,
}: Pick<StorageSettings, "bulk" | "backup">): readonly SettingsProblem[] {
  if (bulk !== "objectStore" || backup.offsite !== undefined) return [];
  return [
    {
      path: "storage.backup.offsite",
      value: "nothing",
      allowed: "endpoint, bucket and region while storage.bulk is objectStore",
      remedy: "name the bucket, or take storage.bulk: volume or storageBox",
    },
  ];
}

function boxProblems({ settings, given }: StorageInput): readonly SettingsProblem[] {
  const bulkGb = given.storage?.bulkGb;
  if (bulkGb === undefined || hasStorageBox(settings.storage)) return [];
  return [
    {
      path: "storage.bulkGb",
      value: String(bulkGb),
      allowed: "nothing while storage.bulk is not storageBox and no box is kept",
      remedy: settings.storage.bulk === "volume" ? "set storage.volumeGb instead" : "remove it",
    },
  ];
}

/** Where the application's objects and the backups are. */
export const storageSettled: SettledRules<{ readonly storage: StorageSettings }> = {
  "storage.bucket": storeRule(
    ({ storage }) => storage.bucket,
    (before) => `the application would get an empty bucket, and ${before} would no longer be copied`,
    "copy the objects into the new bucket",
    "then say so",
  ),
  "storage.objectStoreEngine": storeRule(
    ({ storage }) => storage.objectStoreEngine,
    (before) =>
      `the application would get an empty object store; ${before} keeps its objects in a form of its own`,
    "take a copy of the objects",
    "restore it after this change",
  ),
  "storage.bulk": {
    read: ({ storage }) => hasStorageBox(storage),
    mayBecome: (before, _after, { storage }) => before === false || storage.keepStorageBox === false,
    effect: () => "the storage box would be deleted with every backup on it",
    remedy: () =>
      "set storage.keepStorageBox: true to keep the box and what is on it, or false to have it deleted",
  },
  "storage.volumeGb": {
    read: ({ storage }) => storage.volumeGb,
    mayBecome: (before, after) => after >= before,
    effect: () => "a volume cannot shrink",
    remedy: (before) => `set storage.volumeGb: ${before}`,
  },
};
