import { mergeSetups } from "../../setup/merge";
import { sysctlSetup } from "../../setup/sysctl";
import { type CompleteSetup, completeSetup } from "../../setup/types";
import { postgresVersion } from "./postgres";
import { hugePages } from "./postgresTuning";

const postgresUnit = `postgresql@${postgresVersion}-main.service`;

/**
 * One machine for three data services: what they ask of the kernel, and where they disagree, a decision.
 * PostgreSQL would like strict memory accounting, the cache must be able to fork: the memory plan leaves room
 * for all three, so forks are always allowed.
 */
const values: Readonly<Record<string, string>> = {
  "vm.swappiness": "1",
  "vm.overcommit_memory": "1",
  // Write-back in small portions: a checkpoint must not stall on gigabytes of dirty pages.
  "vm.dirty_background_bytes": `${64 * 1024 * 1024}`,
  "vm.dirty_bytes": `${512 * 1024 * 1024}`,
  // Elasticsearch maps its index files.
  "vm.max_map_count": "1048576",
};

const hugePagesPath = "/etc/sysctl.d/66-platform-huge-pages.conf";
const hugePagesFile = "/proc/sys/vm/nr_hugepages";

/** @param postgresqlMb PostgreSQL's share of the memory in MiB */
export function databaseKernelSetup(postgresqlMb: number): CompleteSetup {
  return mergeSetups(
    sysctlSetup({
      name: "kernel settings for databases",
      path: "/etc/sysctl.d/65-platform-database.conf",
      values: {},
      whereAllowed: values,
    }),
    hugePagesSetup(hugePages(postgresqlMb)),
  );
}

/**
 * Memory set aside for PostgreSQL, at boot or before its first start. Never while it runs without: it would keep the
 * memory that it has, and the machine would lose as much again until the next boot.
 */
function hugePagesSetup(pages: number): CompleteSetup {
  if (pages === 0) return completeSetup({});
  return completeSetup({
    files: [{ path: hugePagesPath, content: `-vm.nr_hugepages = ${pages}\n` }],
    steps: [
      {
        name: "huge pages for PostgreSQL",
        unless: `[ ! -w ${hugePagesFile} ] || [ "$(cat ${hugePagesFile})" = ${pages} ] || systemctl is-active --quiet ${postgresUnit}`,
        // Some of them are worse than none: PostgreSQL takes all that it needs or leaves them to nobody.
        run: `sysctl --quiet --ignore --load=${hugePagesPath}
[ "$(cat ${hugePagesFile})" = ${pages} ] || { echo "memory is too fragmented for huge pages until the next boot"; echo 0 >${hugePagesFile}; }`,
      },
    ],
  });
}
