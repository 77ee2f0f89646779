/** Settings of PostgreSQL that follow from the machine, by name as in postgresql.conf. */
export type PostgresTuning = Readonly<Record<string, string>>;

/** Applications open pools of connections; each costs memory even when idle. */
export const maxConnections = 200;

/**
 * Size in GiB that the write-ahead log may reach between checkpoints. It shares the disk with search, and PostgreSQL
 * that cannot write it stops.
 */
export const maxWalGb = 4;

/** Below it the page tables of 200 sessions are small, and a machine has no memory to set aside. */
const hugePagesFromMb = 2048;

/**
 * Pages of 2 MiB that the kernel sets aside for PostgreSQL's shared memory; 0: none. `huge_pages = try` alone uses
 * none, because a kernel has none by default. PostgreSQL itself asks for a little more than its buffers: about 1.6 %
 * to manage them, and what sessions, locks and the write-ahead log share.
 *
 * @param memoryMb PostgreSQL's share of the memory in MiB
 */
export function hugePages(memoryMb: number): number {
  const sharedBuffersMb = Math.floor(memoryMb / 4);
  return sharedBuffersMb < hugePagesFromMb ? 0 : Math.ceil((sharedBuffersMb * 1.03 + 96) / 2);
}

/**
 * Tunes PostgreSQL for web applications by PGTune's formulas (github.com/le0pard/pgtune), applied to its share
 * of the memory instead of to the whole machine.
 *
 * @param memoryMb PostgreSQL's share of the memory in MiB
 * @param vcpus processors of the machine
 */
export function tunePostgres(memoryMb: number, vcpus: number): PostgresTuning {
  const sharedBuffersMb = Math.floor(memoryMb / 4);
  const maintenanceMb = Math.min(Math.floor(memoryMb / 16), 8 * 1024);
  const workers = Math.max(vcpus, 8);
  const workKb = Math.max(
    4 * 1024,
    Math.floor(((memoryMb - sharedBuffersMb) * 1024) / ((maxConnections + workers) * 3)),
  );
  return {
    max_connections: `${maxConnections}`,
    shared_buffers: `${sharedBuffersMb}MB`,
    effective_cache_size: `${Math.floor((memoryMb * 3) / 4)}MB`,
    maintenance_work_mem: `${maintenanceMb}MB`,
    // One autovacuum worker cannot use more than this before PostgreSQL 17's radix tree pays off.
    ...(maintenanceMb >= 2048 ? { autovacuum_work_mem: "2GB" } : {}),
    work_mem: `${workKb}kB`,
    wal_buffers: `${Math.min(16 * 1024, Math.floor(sharedBuffersMb * 1024 * 0.03))}kB`,
    min_wal_size: "1GB",
    max_wal_size: `${maxWalGb}GB`,
    checkpoint_completion_target: "0.9",
    random_page_cost: "1.1",
    effective_io_concurrency: "200",
    huge_pages: hugePages(memoryMb) > 0 ? "try" : "off",
    jit: "off",
    wal_compression: "lz4",
    ...parallelism(vcpus),
  };
}

/** PGTune leaves PostgreSQL's own defaults below four processors. */
function parallelism(vcpus: number): PostgresTuning {
  if (vcpus < 4) return {};
  const perQuery = Math.min(4, Math.floor(vcpus / 2));
  return {
    max_worker_processes: `${Math.max(vcpus, 8)}`,
    max_parallel_workers: `${vcpus}`,
    max_parallel_workers_per_gather: `${perQuery}`,
    max_parallel_maintenance_workers: `${perQuery}`,
  };
}
