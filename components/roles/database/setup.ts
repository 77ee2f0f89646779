import { flowsTo, ports, sourceAddresses } from "../../plan/flows";
import type { MachinePlan, Topology } from "../../plan/topology";
import { type DatabaseSettings, Tier } from "../../settings/settings";
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

export interface DatabaseSecrets {
  readonly postgresql: RolePasswords;
  readonly cache: CachePasswords;
  readonly search: SearchPasswords;
}

/** Everything that makes a machine with Docker the database node. */
export function databaseSetup(
  machine: MachinePlan,
  topology: Topology,
  settings: DatabaseSettings,
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
    applicationAddresses: clientsOfPostgres(topology, Tier.App),
    backupAddresses: clientsOfPostgres(topology, Tier.Storage),
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

/** Machines of a tier that the table of flows lets reach PostgreSQL. */
function clientsOfPostgres(topology: Topology, tier: Tier): readonly string[] {
  return flowsTo(Tier.Database)
    .filter((flow) => flow.port === ports.postgresql && flow.from === tier)
    .flatMap((flow) => sourceAddresses(flow, topology));
}
