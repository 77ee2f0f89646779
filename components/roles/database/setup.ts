import { type Flow, flowsTo } from "../../plan/flows";
import { type MachinePlan, type Plan, sourceAddresses } from "../../plan/plan";
import { backupPurpose, postgresqlPort } from "../../settings/databaseAccess";
import { listenEarlySetup } from "../../setup/listenEarly";
import { mergeSetups } from "../../setup/merge";
import type { CompleteSetup } from "../../setup/types";
import { type CachePasswords, cacheSetup } from "./cache";
import { databaseCommands } from "./commands";
import { elasticsearchSetup, type SearchPasswords } from "./elasticsearch";
import { databaseKernelSetup } from "./kernel";
import { memoryPlan } from "./memoryPlan";
import type { RolePasswords } from "./postgresRoles";
import { postgresSetup } from "./postgresSetup";
import type { DatabaseSettings } from "./settings";

export interface DatabaseSecrets {
  readonly postgresql: RolePasswords;
  readonly cache: CachePasswords;
  readonly search: SearchPasswords;
}

/** Who may log in at PostgreSQL: IPv4 addresses and ranges. */
export interface DatabaseClients {
  /** As the application. */
  readonly application: readonly string[];
  /** To take backups and to restore them. */
  readonly backup: readonly string[];
}

/** Those whom a plan lets reach PostgreSQL. */
export function databaseClients(plan: Plan): DatabaseClients {
  return {
    application: clientsOfPostgres(plan, ({ purpose }) => purpose !== backupPurpose),
    backup: clientsOfPostgres(plan, ({ purpose }) => purpose === backupPurpose),
  };
}

/** Everything that makes a machine with Docker the database node. */
export function databaseSetup(
  machine: MachinePlan,
  clients: DatabaseClients,
  settings: Pick<DatabaseSettings, "databaseName" | "cacheEngine">,
  elasticsearchImage: string,
  secrets: DatabaseSecrets,
): CompleteSetup {
  const memory = memoryPlan(machine.size.memoryGb);
  const { privateIp } = machine;
  const cache = { engine: settings.cacheEngine, privateIp, maxMemoryMb: memory.cache.maxMemoryMb };
  const postgres = {
    database: settings.databaseName,
    privateIp,
    vcpus: machine.size.vcpus,
    memoryMb: memory.postgresqlMb,
    applicationAddresses: clients.application,
    backupAddresses: clients.backup,
  };
  const search = {
    image: elasticsearchImage,
    privateIp,
    heapMb: memory.search.heapMb,
    memoryMb: memory.search.shareMb,
  };
  return mergeSetups(
    listenEarlySetup,
    databaseKernelSetup(memory.postgresqlMb),
    postgresSetup(postgres, secrets.postgresql),
    cacheSetup(cache, secrets.cache),
    elasticsearchSetup(search, secrets.search),
    databaseCommands(cache),
  );
}

/** Machines that the plan lets reach PostgreSQL. */
function clientsOfPostgres(plan: Plan, isMeant: (flow: Flow) => boolean): readonly string[] {
  return flowsTo(plan.flows, "database")
    .filter((flow) => flow.port === postgresqlPort && isMeant(flow))
    .flatMap((flow) => sourceAddresses(plan, flow));
}
