import { sysctlSetup } from "../setup/sysctl";
import type { MachineSetup } from "../setup/types";

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

export const databaseKernelSetup: MachineSetup = sysctlSetup({
  name: "kernel settings for databases",
  path: "/etc/sysctl.d/65-platform-database.conf",
  values: {},
  whereAllowed: values,
});
