import * as pulumi from "@pulumi/pulumi";
import { refuseInputs } from "../../machine/inputErrors";
import { defineRole, type WideWith } from "../../machine/roleDefinition";
import { type Offers, orderedAs, privateArgs, type Surroundings } from "../../machine/surroundings";
import { flowsTo } from "../../plan/flows";
import { endpointOf, onlyMachineOf, type Plan, sourceAddresses } from "../../plan/plan";
import type { OffsiteCredentials } from "../../settings/offsiteCredentials";
import { Store } from "../../settings/store";
import { StorageNode, type StorageNodeArgs } from ".";
import { hasStorageBox } from "./copies";
import { objectStorePort, storageRole } from "./role";
import {
  defaultObjectStoreImage,
  type StorageSettings,
  storageImages,
  storageSecrets,
  storageSettings,
} from "./settings";
import { offsitePairProblem, storageSettled } from "./settingsRules";

/** The storage node in a platform. */
export const storageDefinition = defineRole({
  ...storageSettings,
  images: storageImages,
  imagesFor: (section) => ({ objectStore: defaultObjectStoreImage(section) }),
  secrets: storageSecrets,
  settled: storageSettled,
  role: (section, { images }) => storageRole(section, images.objectStore),
  create: (section, surroundings, { name, parent }) => {
    const node = new StorageNode(name, storageArgs(section, surroundings), { parent }, surroundings.platform);
    return {
      component: node,
      serverIds: node.serverId.apply((id) => [id]),
      configured: node.configured,
      offers: offersOfStorage(node),
    };
  },
});

/** Of a platform, what its storage node needs to know. @throws when a bucket elsewhere lacks its keys */
export function storageArgs(
  section: StorageSettings,
  surroundings: Surroundings<WideWith<typeof storageImages>>,
): StorageNodeArgs {
  const { wide, platform, inputs, offers, resolveImage } = surroundings;
  const { plan } = platform;
  const { volumeGb, bucket, objectStoreEngine, bulk, bulkGb, keepStorageBox, logRetentionDays, backup } =
    section;
  return {
    ...privateArgs(surroundings),
    ...orderedAs(section, wide),
    ...{ volumeGb, bucket, objectStoreEngine, bulk, keepStorageBox, logRetentionDays },
    address: onlyMachineOf(plan, "storage").privateIp,
    objectStoreImage: resolveImage(wide.images.objectStore),
    clients: clientsOf(plan),
    database: databaseToBackUp(plan, offers),
    backupSchedule: backup.schedule,
    retentionDays: backup.retentionDays,
    bulkGb: hasStorageBox(section) ? bulkGb : undefined,
    offsite: offsiteCopy(section, inputs.offsiteCredentials),
    backupKey: inputs.backupKey,
    acceptChange: wide.acceptChange && [...wide.acceptChange],
  };
}

function clientsOf(plan: Plan): string[] {
  const flows = flowsTo(plan.flows, "storage").filter(({ port }) => port === objectStorePort);
  return flows.flatMap((flow) => sourceAddresses(plan, flow));
}

function databaseToBackUp(plan: Plan, offers: Offers): StorageNodeArgs["database"] {
  const database = offers[Store.Database]?.database;
  if (database === undefined)
    throw new Error(`what offers ${Store.Database} hands over no logins for backups`);
  return { ...endpointOf(plan, Store.Database), ...database };
}

function offsiteCopy(
  { backup }: StorageSettings,
  credentials: pulumi.Input<OffsiteCredentials> | undefined,
): StorageNodeArgs["offsite"] {
  const reason = offsitePairProblem(backup, credentials !== undefined);
  if (reason !== undefined)
    refuseInputs("Platform", [{ propertyPath: "settings.storage.backup.offsite", reason }]);
  if (backup.offsite === undefined || credentials === undefined) return undefined;
  const keys = pulumi.output(credentials);
  return {
    ...backup.offsite,
    accessKeyId: keys.apply(({ accessKeyId }) => accessKeyId),
    secretAccessKey: keys.apply(({ secretAccessKey }) => secretAccessKey),
  };
}

/** What others need of it. */
export function offersOfStorage(node: StorageNode): Offers {
  return {
    [Store.ObjectStore]: {
      environment: {
        S3_ENDPOINT: node.s3Endpoint,
        S3_REGION: node.region,
        S3_BUCKET: node.bucket,
        S3_ACCESS_KEY_ID: node.accessKeyId,
        S3_SECRET_ACCESS_KEY: node.secretAccessKey,
      },
    },
  };
}
