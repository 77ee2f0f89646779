import { z } from "zod";
import { presetSchema } from "../presets/schema";
import { databaseNameRule, isDatabaseName } from "../roles/database/databaseName";
import { backupKeyRule, isBackupKey } from "../roles/storage/backupSeal";
import { isCalendarExpression, nextElapse } from "../settings/calendar";
import {
  amount,
  choice,
  flag,
  hostName,
  httpUrl,
  imageReference,
  isLabel,
  secretText,
  serviceName,
  text,
  wholeNumber,
} from "../settings/leaves";
import { ipv4Range, isNetworkCidr } from "../settings/ranges";
import { offsiteKey, registry, secretName, secretValue } from "../settings/secretLeaves";
import {
  BulkBackend,
  CacheEngine,
  EdgeEngine,
  ObjectStoreEngine,
  OtherHosts,
  Store,
} from "../settings/settings";
import { locations } from "../sizing/locations";
import { serverTypes } from "../sizing/serverTypes";
import { largestStorageBoxGb } from "../sizing/storageBoxes";
import { acceptablePaths } from "./settledSettings";

const cidr = text((value) => ipv4Range(value) !== undefined, {
  allowed: "an IPv4 network address in CIDR form: 10.0.0.0/16",
  remedy: "clear the bits behind the prefix, or correct the address",
});

const size = {
  vcpus: wholeNumber(1, 1024, "the number of vCPUs").optional(),
  memoryGb: wholeNumber(1, 4096, "the memory in GB").optional(),
  serverType: choice(
    serverTypes.filter((type) => type.architecture === "x86").map((type) => type.name),
    "a server type",
  ).optional(),
};

const longestPath = 255;
const pathPattern = /^\/(?:[A-Za-z0-9._~-]+(?:\/[A-Za-z0-9._~-]+)*)?$/;

// Clients and proxies resolve dots before they compare paths.
const isPath = (value: string) =>
  pathPattern.test(value) && !value.split("/").some((part) => part === "." || part === "..");

const path = (what: string) =>
  text((value) => isPath(value) && value.length <= longestPath, {
    allowed: `a path of at most ${longestPath} characters that begins with a slash and does not end with one: /api`,
    remedy: `write ${what} without host, query, trailing slash and the parts . and ..`,
  });

/** Frameworks that end their paths with a slash redirect to it, and a redirect is no health. */
const healthPath = text((value) => isPath(value.replace(/(?<=.)\/$/, "")) && value.length <= longestPath, {
  allowed: `a path of at most ${longestPath} characters that begins with a slash: /health/ready, /up/`,
  remedy: "write the health path without host, query and the parts . and ..",
});

const bucket = () =>
  text(/^[a-z0-9][a-z0-9-]{1,61}[a-z0-9]$/, {
    allowed: "3 to 63 lower-case letters, digits and hyphens, with a letter or digit at both ends",
    remedy: "rename the bucket",
    standIn: "stand-in",
  });

const variableName = text(/^[A-Za-z_][A-Za-z0-9_]*$/, {
  allowed: "letters, digits and underscores, no digit first",
  remedy: "rename the variable",
});

const variableValue = text((value) => !/[\r\n\0]/.test(value), {
  allowed: "text of one line",
  remedy: "put numbers and true or false in quotes, and longer text into a file of the image",
});

const service = z.strictObject({
  image: imageReference(),
  replicas: wholeNumber(1, 32, "the number of replicas on each app node").default(1),
  port: wholeNumber(1, 65_535, "the container's port").optional(),
  pathPrefix: path("the prefix").optional(),
  healthPath: healthPath.default("/health/ready"),
  environment: z.record(variableName, variableValue).default({}),
  uses: z.array(choice(Object.values(Store), "a store")).default([]),
  secrets: z.record(variableName, secretName()).default({}),
  memoryMb: wholeNumber(32, 196_608, "the memory of one replica in MB").default(512),
});

const network = z.strictObject({
  range: cidr.default("10.0.0.0/16"),
  subnets: z
    .strictObject({
      edge: cidr.optional(),
      app: cidr.optional(),
      database: cidr.optional(),
      storage: cidr.optional(),
    })
    .prefault({}),
});

/** Hetzner attaches at most 100 servers to a network; the other tiers need four. */
const mostAppNodes = 96;

const offsite = z.strictObject({
  endpoint: httpUrl("the S3 endpoint"),
  bucket: bucket(),
  region: text(/^[a-z0-9-]{1,63}$/, {
    allowed: "lower-case letters, digits and hyphens",
    remedy: "write the region that the endpoint's provider names",
    standIn: "stand-in",
  }),
});

const backup = z.strictObject({
  schedule: text((value) => nextElapse(value, new Date()) !== undefined, {
    allowed: "a systemd calendar expression in UTC for a time that comes: *-*-* 02:00:00",
    remedy: (value) =>
      typeof value === "string" && isCalendarExpression(value)
        ? "name a day that exists and is not over: this timer would never elapse"
        : "translate cron's form: 0 2 * * * is *-*-* 02:00:00; try others with: systemd-analyze calendar",
  }).default("*-*-* 02:00:00"),
  retentionDays: wholeNumber(1, 3650, "the days").default(14),
  offsite: offsite.optional(),
});

const storage = z.strictObject({
  ...size,
  objectStoreEngine: choice(Object.values(ObjectStoreEngine), "an engine").default("versitygw"),
  volumeGb: wholeNumber(10, 10_240, "the size of the volume in GB").optional(),
  bulk: choice(Object.values(BulkBackend), "a backend").default("volume"),
  bulkGb: wholeNumber(1, largestStorageBoxGb, "what the storage box must hold in GB").optional(),
  keepStorageBox: flag().optional(),
  bucket: bucket().default("app"),
  backup: backup.prefault({}),
  logRetentionDays: wholeNumber(1, 3650, "the days").default(30),
});

const database = z.strictObject({
  ...size,
  cacheEngine: choice(Object.values(CacheEngine), "an engine").default("valkey"),
  databaseName: text(isDatabaseName, {
    allowed: databaseNameRule,
    remedy: "rename the database; the application's role has the same name",
  }).default("app"),
});

const images = z.strictObject({
  traefik: imageReference().default("traefik:v3.6.12"),
  elasticsearch: imageReference().default("elasticsearch:8.19.21"),
  objectStore: imageReference().optional(),
  registryMirror: httpUrl("the mirror").optional(),
  registries: z.array(registry).default([]),
});

const environmentName = text((value) => isLabel(value) && value.length <= 40, {
  allowed: "1 to 40 lower-case letters, digits and hyphens, with a letter or digit at both ends (RFC 1123)",
  remedy: "rename the stack, or set hetzner-platform:environment to the prefix of the servers' names",
  standIn: "stand-in",
});

const adminRange = text(isNetworkCidr, {
  allowed: "an IPv4 or IPv6 network address in CIDR form: 198.51.100.7/32 for one address",
  remedy: "write single addresses with /32 or /128, and clear the bits behind the prefix",
  standIn: "192.0.2.1/32",
});

const acceptedChange = text(
  (value) => acceptablePaths.includes(value.split("=", 1)[0] ?? "") && /^[^=]+=[a-z0-9_-]+$/.test(value),
  {
    allowed: `one of ${acceptablePaths.join(", ")} with its new value: storage.bucket=media`,
    remedy: "write path=value, or remove the entry when the change is done",
    standIn: `${acceptablePaths[0]}=standin`,
  },
);

const pem = "-----BEGIN CERTIFICATE-----";

/** Every key under `hetzner-platform:` with its shape and default; rules between keys are elsewhere. */
export const stackSchema = z.strictObject({
  environment: environmentName,
  domain: hostName(),
  location: choice(
    locations.map((location) => location.name),
    "a location",
  ).default("nbg1"),
  image: text(/^(?:debian-13|\d+)$/, {
    allowed: "debian-13, or the number of a snapshot that was made from it",
    remedy: "keep debian-13: the set-up installs that release's packages",
  }).default("debian-13"),
  network: network.prefault({}),
  adminRanges: z.array(adminRange).default([]),
  edge: z
    .strictObject({
      ...size,
      engine: choice(Object.values(EdgeEngine), "an engine").default("haproxy"),
      otherHosts: choice(Object.values(OtherHosts), "what other names get").default("serve"),
    })
    .prefault({}),
  app: z
    .strictObject({
      ...size,
      count: wholeNumber(1, mostAppNodes, "the number of app nodes").default(2),
      services: z.record(serviceName(), service).default({}),
    })
    .prefault({}),
  database: database.prefault({}),
  storage: storage.prefault({}),
  images: images.prefault({}),
  ...presetSchema,
  budgetEur: amount("the limit in EUR per month; 0 means none").default(0),
  protect: flag().default(true),
  secrets: z.record(secretName(), secretValue).default({}),
  acceptChange: z.array(acceptedChange).default([]),
  failoverToken: secretText(
    (value) => /^[A-Za-z0-9]{64}$/.test(value),
    "a Hetzner Cloud API token: 64 letters and digits",
    "create a token with read and write access in the Cloud Console",
  ).optional(),
  certificate: secretText(
    (value) => value.includes(pem) && value.includes("PRIVATE KEY-----"),
    "PEM text with the certificate, its chain and its private key",
    "concatenate the files and set them with: pulumi config set --secret hetzner-platform:certificate < site.pem",
  ).optional(),
  offsiteAccessKeyId: offsiteKey("offsiteAccessKeyId").optional(),
  offsiteSecretAccessKey: offsiteKey("offsiteSecretAccessKey").optional(),
  backupKey: secretText(
    isBackupKey,
    backupKeyRule,
    "take the backupKey of the platform whose copies are to be restored, or leave it out: one is made",
  ).optional(),
});

/** A stack's configuration with the right shape and all defaults. */
export type StackValues = z.output<typeof stackSchema>;

/** Keys whose values are secrets of the stack. */
export const secretKeys = [
  "failoverToken",
  "certificate",
  "offsiteAccessKeyId",
  "offsiteSecretAccessKey",
  "backupKey",
] as const satisfies readonly (keyof StackValues)[];
