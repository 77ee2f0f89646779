import type * as pulumi from "@pulumi/pulumi";
import { gotInstead, type InputProblem, plainProblem } from "../../machine/inputErrors";
import {
  clientProblems,
  machinesProblems,
  type PrivateMachinesArgs,
  sizeOf,
} from "../../machine/machinesArgs";
import { databaseNameRule, isDatabaseName } from "../../settings/databaseAccess";
import { minimumDatabaseMemoryGb } from "./memoryPlan";
import { CacheEngine } from "./settings";

export interface DatabaseNodeArgs extends PrivateMachinesArgs {
  /** Private address of the machine, which nothing else has: `10.0.3.11`. */
  readonly address: string;
  /** Name of the application's database and role. @default "app" */
  readonly databaseName?: string;
  /** Engine of the cache. @default "valkey" */
  readonly cacheEngine?: CacheEngine;
  /** Elasticsearch 8, best by digest: `elasticsearch@sha256:...`. */
  readonly elasticsearchImage: pulumi.Input<string>;
  /** Private IPv4 addresses and ranges of the machines that use the stores. */
  readonly clients: pulumi.Input<pulumi.Input<string>[]>;
  /** Private IPv4 addresses of the machines that take backups and restore them: a `StorageNode`. @default - none */
  readonly backupClients?: pulumi.Input<pulumi.Input<string>[]>;
  /** Changes of what data depends on that are meant: `["database.databaseName=shop"]`. @default - none */
  readonly acceptChange?: string[];
}

/** Everything that is wrong and can be known before any resource is made; empty: nothing. */
export function databaseProblems(args: DatabaseNodeArgs): InputProblem[] {
  const { address, databaseName, cacheEngine, clients, backupClients } = args;
  const memoryGb = sizeOf(args)?.memoryGb ?? minimumDatabaseMemoryGb;
  const engines: readonly unknown[] = Object.values(CacheEngine);
  return [
    ...machinesProblems(args, [address], () => "address"),
    ...plainProblem("databaseName", databaseName, isDatabaseName, databaseNameRule),
    ...plainProblem("cacheEngine", cacheEngine, (value) => engines.includes(value), engines.join(" or ")),
    ...(memoryGb >= minimumDatabaseMemoryGb
      ? []
      : [
          {
            propertyPath: "memoryGb",
            reason: gotInstead(memoryGb, `at least ${minimumDatabaseMemoryGb}: a larger serverType`),
          },
        ]),
    ...clientProblems("clients", clients),
    ...clientProblems("backupClients", backupClients),
  ];
}
