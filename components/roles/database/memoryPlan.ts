/** Who gets how much of the database machine's memory, in MiB. */
export interface MemoryPlan {
  /** Operating system, Docker, sshd, journal. */
  readonly systemMb: number;
  /** PostgreSQL's share: shared buffers, sessions and the page cache that it counts on. */
  readonly postgresqlMb: number;
  readonly cache: {
    /** Twice `maxMemoryMb`: writing the append-only file anew can copy every page. */
    readonly shareMb: number;
    readonly maxMemoryMb: number;
  };
  readonly search: {
    /** Limit of the container: heap, off-heap buffers and page cache. */
    readonly shareMb: number;
    /** Half of the share, as Elasticsearch asks, and below 31 GiB, where pointers stop being compressed. */
    readonly heapMb: number;
  };
}

/** Below it Elasticsearch's heap is too small to serve beside the other two. */
export const minimumDatabaseMemoryGb = 4;

const largestHeapMb = 31 * 1024 - 256;

/**
 * Splits the memory of a machine that runs PostgreSQL, a cache and Elasticsearch: a quarter for search, an
 * eighth for the cache, 512 MiB or a 32nd for the system, the rest for PostgreSQL, which the other two may
 * never push out.
 *
 * @param memoryGb memory of the machine in GiB, as Hetzner names it
 * @throws when the machine is smaller than `minimumDatabaseMemoryGb`
 */
export function memoryPlan(memoryGb: number): MemoryPlan {
  if (!Number.isFinite(memoryGb) || memoryGb < minimumDatabaseMemoryGb) {
    throw new RangeError(
      `a database machine needs at least ${minimumDatabaseMemoryGb} GB of memory, got ${memoryGb}: choose a larger size`,
    );
  }
  const totalMb = Math.floor(memoryGb * 1024);
  const systemMb = Math.max(512, Math.floor(totalMb / 32));
  const searchMb = Math.min(Math.floor(totalMb / 4), 2 * largestHeapMb);
  const cacheMb = Math.floor(totalMb / 8);
  return {
    systemMb,
    postgresqlMb: totalMb - systemMb - searchMb - cacheMb,
    cache: { shareMb: cacheMb, maxMemoryMb: Math.floor(cacheMb / 2) },
    search: { shareMb: searchMb, heapMb: Math.floor(searchMb / 2) },
  };
}
