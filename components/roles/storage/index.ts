import * as hcloud from "@pulumi/hcloud";
import * as pulumi from "@pulumi/pulumi";
import * as random from "@pulumi/random";
import { containerHost } from "../../machine/base";
import { numericId } from "../../machine/machine";
import { createMachines, groupOutputs, only } from "../../machine/machineGroup";
import type { PrivateRoleArgs } from "../../machine/roleArgs";
import { onlyMachineOf } from "../../plan/plan";
import type { DatabaseCredential } from "../../settings/databaseAccess";
import { problemLine } from "../../settings/problems";
import { backupKeyRule, isBackupKey } from "./backupSeal";
import { hasStorageBox } from "./copies";
import { leavingStorage } from "./leaving";
import { applicationAccessKey, s3Endpoint, s3Region } from "./s3";
import { BulkBackend, type OffsiteCredentials, type StoragePlatform } from "./settings";
import { bulkProblems, offsitePairProblem } from "./settingsRules";
import { storageSetup } from "./setup";
import { createBackupBox } from "./storageBox";

/** Of the settings, the node takes its size, volume, bucket and schedules. */
export interface StorageNodeArgs extends PrivateRoleArgs<StoragePlatform> {
  /** Image of the object store by digest: `versity/versitygw@sha256:...`. */
  readonly objectStoreImage: pulumi.Input<string>;
  /** `DatabaseNode.backup`. Secret. */
  readonly backup: pulumi.Input<DatabaseCredential>;
  /** `DatabaseNode.restore`. Secret. */
  readonly restore: pulumi.Input<DatabaseCredential>;
  /** Secret. Required with `settings.storage.backup.offsite`. @default - no second copy */
  readonly offsite?: pulumi.Input<OffsiteCredentials>;
  /**
   * Encrypts what leaves the platform: give the one of the platform whose copies are to be restored. Secret.
   *
   * @default - 40 random letters and digits, kept in the stack
   */
  readonly backupKey?: pulumi.Input<string>;
}

/**
 * One private machine with a volume that holds an S3 object store (versitygw or MinIO), nightly dumps of the
 * database and the journals of all machines. It pulls the dumps, so that compressing and checking them costs
 * the database node nothing. `settings.storage.bulk` says where backups are kept: on the volume, on a storage
 * box, or in the S3 bucket of `backup.offsite`, which may also hold a further copy. Commands on the machine:
 * `platform-status`, `platform-backup`, `platform-restore`, `platform-restore-objects`, `platform-logs`.
 *
 * Cost: the server type and the volume by the GB; 2 TB of volume cost more than all machines of a small
 * platform together, see `npm run estimate`.
 *
 * @throws when offsite settings and credentials do not come together, or the backup key cannot be one
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

  constructor(name: string, args: StorageNodeArgs, opts?: pulumi.ComponentResourceOptions) {
    super("hetzner-platform:index:StorageNode", name, {}, opts);
    const { settings, plan, serverType, context, bastion, registries } = args;
    const node = onlyMachineOf(plan, "storage");
    const problems = storageProblems(args);
    if (problems.length > 0) throw new pulumi.ResourceError(problems.join("; "), this);

    const volume = createVolume(name, args, this);
    const volumeId = numericId(volume);
    const kept = hasStorageBox(settings.storage) ? createBackupBox(name, args, this) : undefined;
    const box = settings.storage.bulk === BulkBackend.StorageBox ? kept : undefined;
    // Made in any case: it must not leave the stack with a setting.
    const ownKey = password(`${name}-backup-key`, this, settings.protect);
    const backupKey = args.backupKey === undefined ? ownKey : pulumi.secret(args.backupKey);
    const rootSecret = password(`${name}-objects-root`, this);
    const applicationSecret = password(`${name}-objects-app`, this);
    const { registryMirror } = settings.images;
    const base = { ...settings, registryMirror, registries, leaving: leavingStorage };
    const setup = pulumi
      .all([
        { volumeId, objectStoreImage: args.objectStoreImage, box: box?.access },
        {
          backup: pulumi.secret(args.backup),
          restore: pulumi.secret(args.restore),
          offsite: args.offsite === undefined ? undefined : pulumi.secret(args.offsite),
          boxKey: box?.privateKey,
          sealKey: backupKey,
          objectStore: { root: rootSecret, application: applicationSecret },
        },
      ])
      .apply(([facts, secrets]) =>
        containerHost(node, plan, base, storageSetup(settings, plan, facts, secrets)),
      );
    const machines = createMachines(
      name,
      {
        machines: [node],
        setup: () => setup,
        volumeId: () => volumeId,
        serverType,
        context,
        bastion,
        protect: settings.protect,
        // Before release 0.2.
        formerNames: () => [name],
      },
      this,
    );
    const { serverIds, configured } = groupOutputs([node], machines);

    this.s3Endpoint = pulumi.output(s3Endpoint(node.privateIp));
    this.region = pulumi.output(s3Region);
    this.bucket = pulumi.output(settings.storage.bucket);
    this.accessKeyId = pulumi.output(applicationAccessKey);
    this.secretAccessKey = applicationSecret;
    this.backupKey = backupKey;
    this.volumeId = volumeId;
    this.serverId = serverIds.apply(only);
    this.configured = configured.apply(only);
    this.registerOutputs({
      s3Endpoint: this.s3Endpoint,
      region: this.region,
      bucket: this.bucket,
      accessKeyId: this.accessKeyId,
      secretAccessKey: this.secretAccessKey,
      backupKey: this.backupKey,
      volumeId: this.volumeId,
      serverId: this.serverId,
      configured: this.configured,
    });
  }
}

/** Everything that is wrong and can be known before any resource is made. Secrets are not shown. */
function storageProblems({ settings, offsite, backupKey }: StorageNodeArgs): string[] {
  const { backup } = settings.storage;
  const problems = bulkProblems(settings.storage).map((problem) => `settings.${problemLine(problem).trim()}`);
  const unpaired = offsitePairProblem(backup, offsite !== undefined);
  if (unpaired !== undefined) problems.push(`settings.${unpaired}`);
  if (typeof backupKey === "string" && !isBackupKey(backupKey)) {
    problems.push(`backupKey: got a secret of another form, allowed ${backupKeyRule}`);
  }
  return problems;
}

function createVolume(name: string, args: StorageNodeArgs, parent: StorageNode): hcloud.Volume {
  const { settings, context, plan } = args;
  return new hcloud.Volume(
    `${name}-volume`,
    {
      name: `${onlyMachineOf(plan, "storage").hostname}-volume`,
      size: settings.storage.volumeGb,
      format: "ext4",
      location: context.location,
      labels: context.labels,
      deleteProtection: settings.protect,
    },
    // No deleteBeforeReplace: a replacement that Hetzner refuses is better than data that is gone.
    { parent, protect: settings.protect },
  );
}

function password(name: string, parent: StorageNode, protect = false): pulumi.Output<string> {
  // Letters and digits only: they stand unquoted in URLs and configuration files.
  return pulumi.secret(
    new random.RandomPassword(name, { length: 40, special: false }, { parent, protect }).result,
  );
}
