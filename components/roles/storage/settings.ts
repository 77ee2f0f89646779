import { z } from "zod";
import { isCalendarExpression, nextElapse } from "../../settings/calendar";
import { choice, flag, httpUrl, imageReference, secretText, text, wholeNumber } from "../../settings/leaves";
import { completeSize, type SizeInput, sizeRule, sizeShape } from "../../settings/machineSize";
import type { PlatformWide } from "../../settings/platformWide";
import type { RoleSettings } from "../../settings/roleSettings";
import type { MachineSize } from "../../sizing/resolve";
import { largestStorageBoxGb, workingVolumeGb } from "../../sizing/storageBoxes";
import { backupKeyRule, isBackupKey } from "./backupSeal";
import { type StorageInput, storageRules } from "./settingsRules";

export const ObjectStoreEngine = { Versitygw: "versitygw", Minio: "minio" } as const;
export type ObjectStoreEngine = (typeof ObjectStoreEngine)[keyof typeof ObjectStoreEngine];

/** Where backups and the copies of objects are kept for `retentionDays`. */
export const BulkBackend = {
  /** On the volume of the storage node, beside the objects. */
  Volume: "volume",
  /** On a storage box, Hetzner's HDD product: SFTP, not a file system for applications. */
  StorageBox: "storageBox",
  /** In the S3 bucket of `backup.offsite`. */
  ObjectStore: "objectStore",
} as const;
export type BulkBackend = (typeof BulkBackend)[keyof typeof BulkBackend];

/** The machine with the object store, the backups and the log archive. */
export interface StorageSettings extends MachineSize {
  readonly objectStoreEngine: ObjectStoreEngine;
  /** Size of the volume that holds objects, logs and the newest backups, in GB. */
  readonly volumeGb: number;
  readonly bulk: BulkBackend;
  /** What the storage box must hold at least, in GB; the smallest that does is ordered. */
  readonly bulkGb: number;
  /**
   * What becomes of a storage box that `bulk` no longer names: true keeps it and its backups, false lets `up`
   * delete it.
   *
   * @default - `up` refuses to leave a box
   */
  readonly keepStorageBox?: boolean | undefined;
  /** Bucket of the application. */
  readonly bucket: string;
  readonly backup: BackupSettings;
  /** Days that the log archive keeps. */
  readonly logRetentionDays: number;
}

/** Settings of a platform with a storage machine. */
export type StoragePlatform = PlatformWide & { readonly storage: StorageSettings };

export interface BackupSettings {
  /** systemd calendar expression, UTC: `*-*-* 02:00:00`. */
  readonly schedule: string;
  readonly retentionDays: number;
  /** Second copy outside the platform. @default - none */
  readonly offsite?: OffsiteSettings | undefined;
}

/** An S3 bucket elsewhere. The credentials are secrets of the stack, not part of this value. */
export interface OffsiteSettings {
  /** `https://nbg1.your-objectstorage.com`. */
  readonly endpoint: string;
  readonly bucket: string;
  readonly region: string;
}

const defaultSize = { vcpus: 4, memoryGb: 8 };

/** Two terabytes for objects and backups, as in the multi-server production topology. */
const defaultBulkGb = 2000;

const bucket = () =>
  text(/^[a-z0-9][a-z0-9-]{1,61}[a-z0-9]$/, {
    allowed: "3 to 63 lower-case letters, digits and hyphens, with a letter or digit at both ends",
    remedy: "rename the bucket",
    standIn: "stand-in",
  });

const offsite = z.strictObject({
  endpoint: httpUrl("the S3 endpoint").describe("S3 endpoint elsewhere: https://nbg1.your-objectstorage.com"),
  bucket: bucket().describe("Bucket at that endpoint"),
  region: text(/^[a-z0-9-]{1,63}$/, {
    allowed: "lower-case letters, digits and hyphens",
    remedy: "write the region that the endpoint's provider names",
    standIn: "stand-in",
  }).describe("Region that the endpoint's provider names"),
});

const backup = z.strictObject({
  schedule: text((value) => nextElapse(value, new Date()) !== undefined, {
    allowed: "a systemd calendar expression in UTC for a time that comes: *-*-* 02:00:00",
    remedy: (value) =>
      typeof value === "string" && isCalendarExpression(value)
        ? "name a day that exists and is not over: this timer would never elapse"
        : "translate cron's form: 0 2 * * * is *-*-* 02:00:00; try others with: systemd-analyze calendar",
  })
    .describe("When backups are taken")
    .default("*-*-* 02:00:00"),
  retentionDays: wholeNumber(1, 3650, "the days")
    .describe("Days for which backups and old versions of objects are kept")
    .default(14),
  offsite: offsite
    .meta({ description: "A second copy in an S3 bucket elsewhere", fallback: "none" })
    .optional(),
});

const schema = z
  .strictObject({
    ...sizeShape(defaultSize),
    objectStoreEngine: choice(Object.values(ObjectStoreEngine), "an engine")
      .describe("What serves objects; minio needs an image of your own under images.objectStore")
      .default(ObjectStoreEngine.Versitygw),
    volumeGb: wholeNumber(10, 10_240, "the size of the volume in GB")
      .meta({
        description: "Size of the volume with objects, logs and the newest backups, in GB",
        fallback: `${defaultBulkGb}, or ${workingVolumeGb} when backups are kept elsewhere`,
      })
      .optional(),
    bulk: choice(Object.values(BulkBackend), "a backend")
      .describe("Where backups are kept: on the volume, on a storage box, or in the bucket of backup.offsite")
      .default(BulkBackend.Volume),
    bulkGb: wholeNumber(1, largestStorageBoxGb, "what the storage box must hold in GB")
      .meta({
        description: "What the storage box must hold at least, in GB; the smallest that does is ordered",
        fallback: String(defaultBulkGb),
      })
      .optional(),
    keepStorageBox: flag()
      .meta({
        description:
          "What becomes of a storage box that bulk no longer names: kept, or deleted with what is on it",
        fallback: "up refuses to leave a box",
      })
      .optional(),
    bucket: bucket().describe("Bucket of the application").default("app"),
    backup: backup.prefault({}).meta({ description: "Backups of the database and copies of the objects" }),
    logRetentionDays: wholeNumber(1, 3650, "the days")
      .describe("Days for which the log archive keeps the journals of all machines")
      .default(30),
  })
  .transform(
    (values): StorageSettings => ({
      ...values,
      ...completeSize(values, defaultSize),
      volumeGb: values.volumeGb ?? (values.bulk === BulkBackend.Volume ? defaultBulkGb : workingVolumeGb),
      bulkGb: values.bulkGb ?? defaultBulkGb,
    }),
  )
  .prefault({})
  .meta({ description: "The machine with the object store, the backups and the log archive" });

/** It becomes the value of a line in rclone.conf, and S3 signs with nothing but what can be printed. */
export const isOffsiteKey = (text: string) => /^[\x21-\x7e]{1,512}$/.test(text);

/** What `isOffsiteKey` allows, in words. */
export const offsiteKeyRule = "at most 512 letters, digits and signs of one line, no spaces";

const offsiteKey = (key: string, description: string) =>
  secretText(
    isOffsiteKey,
    offsiteKeyRule,
    `copy the key alone, as the endpoint's provider shows it: pulumi config set --secret ${key}`,
  )
    .meta({ description, fallback: "none; required with storage.backup.offsite" })
    .optional();

/** The engine's own image; MinIO has no public one any more. */
const engineImages: Readonly<Record<ObjectStoreEngine, string | undefined>> = {
  versitygw: "versity/versitygw:v1.8.0",
  minio: undefined,
};

/** Image of the object store when the settings name none; undefined: there is none for this engine. */
export function defaultObjectStoreImage({
  objectStoreEngine,
}: Pick<StorageSettings, "objectStoreEngine">): string | undefined {
  return engineImages[objectStoreEngine];
}

/** Keys of the stack with secrets of the role. */
export const storageSecrets = {
  offsiteAccessKeyId: offsiteKey(
    "offsiteAccessKeyId",
    "Id of the key for the bucket of storage.backup.offsite",
  ),
  offsiteSecretAccessKey: offsiteKey("offsiteSecretAccessKey", "The key that belongs to offsiteAccessKeyId"),
  backupKey: secretText(
    isBackupKey,
    backupKeyRule,
    "take the backupKey of the platform whose copies are to be restored, or leave it out: one is made",
  )
    .meta({
      description:
        "Encrypts the copies outside: give the one of the platform whose copies are to be restored",
      fallback: "a random one (pulumi stack output backupKey)",
    })
    .optional(),
};

/** Images of the role's own software. */
export const storageImages = {
  objectStore: imageReference()
    .meta({
      description: "The object store",
      fallback: `${engineImages.versitygw} for versitygw; required for minio`,
    })
    .optional(),
};

/** What the rules of the role look at. */
export type StorageRuleInput = SizeInput<"storage"> & StorageInput;

/** All that is known of the settings of the storage machine. */
export const storageSettings: RoleSettings<"storage", StorageSettings, StorageRuleInput> = {
  name: "storage",
  schema,
  rules: [sizeRule("storage"), ...storageRules],
};
