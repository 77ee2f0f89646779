import * as hcloud from "@pulumi/hcloud";
import * as pulumi from "@pulumi/pulumi";
import * as random from "@pulumi/random";
import { type DeployKey, deployKey } from "../../machine/deployKey";
import type { RoleArgs } from "../../machine/roleArgs";
import { requireStorageBox, storageBoxLocation } from "../../sizing/storageBoxes";
import type { StorageBoxAccess } from "./backupConfig";
import type { StoragePlatform } from "./settings";

/** A storage box for backups, and the key that opens it. */
export interface BackupBox {
  readonly access: pulumi.Output<StorageBoxAccess>;
  /** OpenSSH private key. Secret. */
  readonly privateKey: pulumi.Output<string>;
}

/** Snapshots that the box takes by itself: who has the key can delete files, but not these. */
const snapshotPlan = { maxSnapshots: 7, hour: 4, minute: 30 };

/**
 * The smallest storage box that holds `settings.storage.bulkGb`, entered with a key of its own and from
 * Hetzner's network only.
 *
 * Cost: the box, whether it is full or empty; see `npm run estimate`.
 */
export function createBackupBox(
  name: string,
  { settings, context }: Pick<RoleArgs<StoragePlatform>, "settings" | "context">,
  parent: pulumi.Resource,
): BackupBox {
  const { protect, storage, environment } = settings;
  const key = boxKey(name, settings, parent);
  const box = new hcloud.StorageBox(
    `${name}-box`,
    {
      name: `${environment}-backups`,
      storageBoxType: requireStorageBox(storage.bulkGb).name,
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

function boxKey(name: string, settings: StoragePlatform, parent: pulumi.Resource) {
  const { protect } = settings;
  const seed = new random.RandomBytes(`${name}-box-key`, { length: 32 }, { parent, protect });
  const pair = pulumi
    .secret(seed.base64)
    .apply((base64): DeployKey => deployKey(base64, `backups@${settings.environment}`));
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
