import * as pulumi from "@pulumi/pulumi";
import { containerHost } from "../../machine/base";
import { refuseInputs } from "../../machine/inputErrors";
import { clientProblems, type PlatformContext, planOf, requireSize } from "../../machine/machinesArgs";
import { onlyMachineOf, type Plan } from "../../plan/plan";
import { defaultDatabaseName } from "../../settings/databaseAccess";
import { Store } from "../../settings/store";
import { mergeSetups } from "../../setup/merge";
import { databaseIdentity } from "./identity";
import type { DatabaseNodeArgs } from "./inputs";
import { leavingDatabase } from "./leaving";
import { databaseRole } from "./role";
import { CacheEngine } from "./settings";
import { type DatabaseClients, type DatabaseSecrets, databaseSetup } from "./setup";

const nobody: DatabaseClients = { application: [], backup: [] };

/** @param clients who may reach the node when it stands alone. @default - nobody, which changes no machine */
export function databasePlan(
  name: string,
  args: DatabaseNodeArgs,
  platform: PlatformContext | undefined,
  clients: DatabaseClients = nobody,
): Plan {
  const size = requireSize(args);
  return planOf(name, args, platform, {
    role: databaseRole({ ...size, ...stores(args) }, "elasticsearch"),
    addresses: [args.address],
    clients: [
      ...clients.application.map((from) => ({ from })),
      ...clients.backup.map((from) => ({ from, needs: [Store.Database] })),
    ],
  });
}

function stores({ databaseName = defaultDatabaseName, cacheEngine = CacheEngine.Valkey }: DatabaseNodeArgs) {
  return { databaseName, cacheEngine };
}

/** What the machine becomes. Secret: it holds the passwords. */
export function nodeSetup(
  name: string,
  args: DatabaseNodeArgs,
  platform: PlatformContext | undefined,
  secrets: pulumi.Output<DatabaseSecrets>,
) {
  const { registries, registryMirror, acceptChange } = args;
  const known = pulumi.output({
    image: args.elasticsearchImage,
    logArchive: args.logArchive,
    clients: { application: args.clients, backup: args.backupClients ?? [] },
  });
  return pulumi.all([secrets, known]).apply(([passwords, { image, logArchive, clients }]) => {
    const wrong = [
      ...clientProblems("clients", clients.application),
      ...clientProblems("backupClients", clients.backup),
    ];
    refuseInputs(`DatabaseNode ${name}`, wrong);
    const plan = databasePlan(name, args, platform, clients);
    const node = onlyMachineOf(plan, "database");
    const settings = stores(args);
    return containerHost(
      node,
      plan,
      { adminRanges: [], logArchive, registryMirror, registries, leaving: leavingDatabase },
      mergeSetups(
        databaseIdentity(settings, { acceptChange }),
        databaseSetup(node, clients, settings, image, passwords),
      ),
    );
  });
}
