import * as hcloud from "@pulumi/hcloud";
import * as pulumi from "@pulumi/pulumi";
import * as random from "@pulumi/random";
import type { MachineContext } from "../../machine/context";
import { type DeployKey, deployKey } from "../../machine/deployKey";
import { requireStorageBox, storageBoxLocation } from "../../sizing/storageBoxes";
import type { StorageBoxAccess } from "./backupConfig";

/** A storage box for backups, and the key that opens it. */
export interface BackupBox {
  readonly access: pulumi.Output<StorageBoxAccess>;
  /** OpenSSH private key. Secret. */
  readonly privateKey: pulumi.Output<string>;
}

export interface BackupBoxArgs {
  /** Prefix of its name in the Hetzner project. */
  readonly environment: string;
  /** What it holds at least, in GB. */
  readonly capacityGb: number;
  readonly protect: boolean;
  readonly context: Pick<MachineContext, "location" | "labels">;
}

/** Snapshots that the box takes by itself: who has the key can delete files, but not these. */
const snapshotPlan = { maxSnapshots: 7, hour: 4, minute: 30 };

/**
 * The smallest storage box that holds enough, entered with a key of its own and from
 * Hetzner's network only.
 *
 * Cost: the box, whether it is full or empty; see `npm run estimate`.
 */
export function createBackupBox(
  name: string,
  { environment, capacityGb, protect, context }: BackupBoxArgs,
  parent: pulumi.Resource,
): BackupBox {
  const key = boxKey(name, environment, protect, parent);
  const box = new hcloud.StorageBox(
    `${name}-box`,
    {
      name: `${environment}-backups`,
      storageBoxType: requireStorageBox(capacityGb).name,
      location: pulumi.output(context.location).apply(storageBoxLocation),
      password: boxPassword(name, parent),
      sshKeys: [pulumi.unsecret(key.publicKey)],
      accessSettings: {
        sshEnabled: true,
        reachableExternally: false,
        sambaEnabled: false,
        webdavEnabled: false,
        zfsEnabled: false,
      },
      snapshotPlan,
      labels: context.labels,
      deleteProtection: protect,
    },
    // Hetzner takes keys at the order only: another key, or none in the state of an imported box, would replace
    // the box and delete every backup. docs/operations.md has the way to a new key.
    { parent, protect, ignoreChanges: ["sshKeys"] },
  );
  return {
    access: pulumi.all([box.server, box.username]).apply(([server, username]) => ({ server, username })),
    privateKey: key.privateKey,
  };
}

function boxKey(name: string, environment: string, protect: boolean, parent: pulumi.Resource) {
  const seed = new random.RandomBytes(`${name}-box-key`, { length: 32 }, { parent, protect });
  const pair = pulumi
    .secret(seed.base64)
    .apply((base64): DeployKey => deployKey(base64, `backups@${environment}`));
  return { privateKey: pair.privateKey, publicKey: pair.publicKey };
}

/** Nobody uses it, but every box has one (HC-D5: 12 to 128 characters of four kinds). */
function boxPassword(name: string, parent: pulumi.Resource): pulumi.Output<string> {
  const password = new random.RandomPassword(
    `${name}-box-password`,
    { length: 40, minLower: 1, minUpper: 1, minNumeric: 1, minSpecial: 1, overrideSpecial: "-_.,:" },
    { parent },
  );
  return pulumi.secret(password.result);
}
