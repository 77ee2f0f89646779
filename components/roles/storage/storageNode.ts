import * as pulumi from "@pulumi/pulumi";
import { createVolume } from "../../machine/dataVolume";
import { refuseInputs } from "../../machine/inputErrors";
import { machineContext, type PlatformContext } from "../../machine/machinesArgs";
import { createMachines, groupOutputs, only } from "../../machine/roleMachines";
import { numericId } from "../../machine/server";
import { type MachinePlan, onlyMachineOf } from "../../plan/plan";
import { hasStorageBox } from "./copies";
import { type StorageNodeArgs, storageProblems } from "./inputs";
import { createSecrets } from "./nodeSecrets";
import { type NodeParts, nodeSetup, storagePlan } from "./nodeSetup";
import { applicationAccessKey, s3Endpoint, s3Region } from "./s3";
import { storageOf } from "./section";
import { BulkBackend } from "./settings";
import { createBackupBox } from "./storageBox";

/**
 * One private machine with a volume that holds an S3 object store (versitygw or MinIO), nightly dumps of a database
 * and the journals of all machines. It pulls the dumps, so that compressing and checking them costs the database's
 * machine nothing. `bulk` says where backups are kept: on the volume, on a storage box, or in the S3 bucket of
 * `offsite`, which may also hold a further copy. Without `database` it is an object store with a log archive.
 *
 * Commands on the machine: `platform-status`, `platform-backup`, `platform-restore`, `platform-restore-objects`,
 * `platform-logs`. PostgreSQL must admit the node's address for both logins.
 *
 * Cost: the server type and the volume by the GB; 2 TB of volume cost more than all machines of a small
 * platform together, see `npm run estimate`.
 *
 * @throws InputPropertiesError with everything that no node could be made of, before any resource
 *
 * @example
 * ```ts
 * import * as pulumi from "@pulumi/pulumi";
 * import { StorageNode } from "hetzner-platform";
 *
 * const config = new pulumi.Config();
 * const login = (user: string) => ({ user, password: config.requireSecret(`${user}Password`) });
 *
 * const storage = new StorageNode("shop", {
 *   location: "nbg1",
 *   network: { id: 4711, range: "10.20.0.0/16" },
 *   address: "10.20.4.11",
 *   serverType: "cpx32",
 *   sshKey: "deploy",
 *   privateKey: config.requireSecret("deployKey"),
 *   bastion: { host: "203.0.113.10", hostKey: "ssh-ed25519 AAAA" },
 *   volumeGb: 200,
 *   bucket: "media",
 *   clients: ["10.20.1.21", "10.20.1.22"],
 *   database: { address: "10.20.3.11", name: "shop", backup: login("dump"), restore: login("restore") },
 *   bulk: "storageBox",
 *   bulkGb: 1000,
 *   protect: true,
 * });
 *
 * export const endpoint = storage.s3Endpoint;
 * ```
 */
export class StorageNode extends pulumi.ComponentResource {
  /** `http://ADDRESS:9000`, for path-style requests. */
  public readonly s3Endpoint: pulumi.Output<string>;
  /** Signing region. */
  public readonly region: pulumi.Output<string>;
  /** The application's bucket, versioned. */
  public readonly bucket: pulumi.Output<string>;
  public readonly accessKeyId: pulumi.Output<string>;
  /** Secret. */
  public readonly secretAccessKey: pulumi.Output<string>;
  /** Without it the copies outside cannot be read: keep it outside too. Secret. */
  public readonly backupKey: pulumi.Output<string>;
  public readonly volumeId: pulumi.Output<number>;
  public readonly serverId: pulumi.Output<number>;
  /** Host name; resolves when the setup has succeeded. */
  public readonly configured: pulumi.Output<string>;

  /** @param platform what it is part of; it stands alone without */
  constructor(
    name: string,
    args: StorageNodeArgs,
    opts?: pulumi.ComponentResourceOptions,
    platform?: PlatformContext,
  ) {
    super("hetzner-platform:index:StorageNode", name, {}, opts);
    refuseInputs(`StorageNode ${name}`, storageProblems(args));
    const node = onlyMachineOf(storagePlan(name, args, platform), "storage");
    const parts = createParts(name, args, node, platform, this);
    const machine = createMachine(name, args, node, platform, parts, this);
    const outputs = { ...accessOf(args, parts), ...machine, volumeId: parts.volumeId };
    this.s3Endpoint = outputs.s3Endpoint;
    this.region = outputs.region;
    this.bucket = outputs.bucket;
    this.accessKeyId = outputs.accessKeyId;
    this.secretAccessKey = outputs.secretAccessKey;
    this.backupKey = outputs.backupKey;
    this.volumeId = outputs.volumeId;
    this.serverId = outputs.serverId;
    this.configured = outputs.configured;
    this.registerOutputs({ ...outputs });
  }
}

/** What holds the data, and the keys to it. */
function createParts(
  name: string,
  args: StorageNodeArgs,
  { hostname }: MachinePlan,
  platform: PlatformContext | undefined,
  parent: StorageNode,
): NodeParts {
  const { protect = false, environment = name } = args;
  const storage = storageOf(args);
  const shared = { protect, context: machineContext(name, args, platform) };
  const volume = createVolume(name, { ...shared, hostname, sizeGb: storage.volumeGb }, parent);
  const box = hasStorageBox(storage)
    ? createBackupBox(name, { ...shared, environment, capacityGb: storage.bulkGb }, parent)
    : undefined;
  return {
    volumeId: numericId(volume),
    // One that is only kept is no place for new backups.
    box: storage.bulk === BulkBackend.StorageBox ? box : undefined,
    ...createSecrets(name, args.backupKey, protect, parent),
  };
}

function createMachine(
  name: string,
  args: StorageNodeArgs,
  node: MachinePlan,
  platform: PlatformContext | undefined,
  parts: NodeParts,
  parent: StorageNode,
) {
  const { serverType, bastion, protect } = args;
  const machines = createMachines(
    name,
    {
      machines: [node],
      setup: () => nodeSetup(name, args, platform, parts),
      volumeId: () => parts.volumeId,
      serverType,
      context: machineContext(name, args, platform),
      bastion,
      protect,
      // Before release 0.2.
      formerNames: () => [name],
    },
    parent,
  );
  const { serverIds, configured } = groupOutputs([node], machines);
  return { serverId: serverIds.apply(only), configured: configured.apply(only) };
}

/** How the application reaches its bucket, and somebody else its copies. */
function accessOf(args: StorageNodeArgs, { objectStore, backupKey }: NodeParts) {
  return {
    s3Endpoint: pulumi.output(s3Endpoint(args.address)),
    region: pulumi.output(s3Region),
    bucket: pulumi.output(storageOf(args).bucket),
    accessKeyId: pulumi.output(applicationAccessKey),
    secretAccessKey: objectStore.application,
    backupKey,
  };
}
