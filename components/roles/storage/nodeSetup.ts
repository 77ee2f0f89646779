import * as pulumi from "@pulumi/pulumi";
import { containerHost } from "../../machine/base";
import { refuseInputs } from "../../machine/inputErrors";
import { type PlatformContext, planOf } from "../../machine/machinesArgs";
import { onlyMachineOf, type Plan } from "../../plan/plan";
import type { Role } from "../../plan/role";
import { defaultDatabaseName, postgresqlPort } from "../../settings/databaseAccess";
import { Store } from "../../settings/store";
import { logsOffer } from "../../setup/journal";
import { type StorageNodeArgs, storageProblems } from "./inputs";
import { leavingStorage } from "./leaving";
import { storageRole } from "./role";
import type { ObjectStoreSecrets } from "./s3";
import { objectStoreImageOf, storageOf } from "./section";
import { storageSetup } from "./setup";
import type { BackupBox } from "./storageBox";

/** Who may reach the node when it stands alone. */
interface Visitors {
  readonly clients: readonly string[];
  /** Undefined: the whole network. */
  readonly logSenders?: readonly string[] | undefined;
}

/** What was made for the node. */
export interface NodeParts {
  readonly volumeId: pulumi.Output<number>;
  /** The storage box that backups go to; undefined with another backend. */
  readonly box: BackupBox | undefined;
  /** Secret. */
  readonly backupKey: pulumi.Output<string>;
  /** Secret. */
  readonly objectStore: Readonly<Record<keyof ObjectStoreSecrets, pulumi.Output<string>>>;
}

/** @param visitors @default - nobody, which changes no machine */
export function storagePlan(
  name: string,
  args: StorageNodeArgs,
  platform: PlatformContext | undefined,
  { clients, logSenders }: Visitors = { clients: [] },
): Plan {
  const role = storageRole(storageOf(args), "object-store");
  return planOf(name, args, platform, {
    role: logSenders === undefined ? role : withChosenSenders(role),
    addresses: [args.address],
    clients: [
      ...clients.map((from) => ({ from, needs: [Store.ObjectStore] })),
      ...(logSenders ?? []).map((from) => ({ from, needs: [logsOffer] })),
    ],
  });
}

function withChosenSenders(role: Role): Role {
  const parts = role.parts.map((part) =>
    part.offers?.includes(logsOffer)
      ? { ...part, listens: (part.listens ?? []).map((listener) => ({ ...listener, from: ["needers"] })) }
      : part,
  );
  return { ...role, parts };
}

/** What the machine becomes. Secret: it holds passwords and keys. */
export function nodeSetup(
  name: string,
  args: StorageNodeArgs,
  platform: PlatformContext | undefined,
  parts: NodeParts,
) {
  const { registries, registryMirror, acceptChange } = args;
  return pulumi.all([answered(args), made(parts)]).apply(([answers, { objectStore, boxKey, ...own }]) => {
    const known = { ...args, ...answers };
    refuseInputs(`StorageNode ${name}`, storageProblems(known));
    const plan = storagePlan(name, args, platform, answers);
    const node = onlyMachineOf(plan, "storage");
    const { logArchive, offsite, objectStoreImage, database } = answers;
    const { volumeId, box, backupKey: sealKey } = own;
    return containerHost(
      node,
      plan,
      { adminRanges: [], logArchive, registryMirror, registries, leaving: leavingStorage },
      storageSetup(
        storageOf(known),
        { acceptChange },
        { privateIp: node.privateIp, volumeId, objectStoreImage, box, database },
        { objectStore, boxKey, sealKey, offsite },
      ),
    );
  });
}

/** What of the arguments other resources may answer. */
function answered(args: StorageNodeArgs) {
  const { logArchive, clients, logSenders, offsite, backupKey, database } = args;
  return pulumi.output({
    objectStoreImage: objectStoreImageOf(args),
    logArchive,
    clients,
    logSenders,
    offsite,
    backupKey,
    database: database && {
      ...database,
      name: database.name ?? defaultDatabaseName,
      port: database.port ?? postgresqlPort,
    },
  });
}

function made({ volumeId, box, backupKey, objectStore }: NodeParts) {
  return pulumi.secret({ volumeId, box: box?.access, boxKey: box?.privateKey, backupKey, objectStore });
}
