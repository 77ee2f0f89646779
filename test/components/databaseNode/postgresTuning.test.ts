import assert from "node:assert/strict";
import { memoryPlan } from "../../../components/databaseNode/memoryPlan";
import { tunePostgres } from "../../../components/databaseNode/postgresTuning";

/** PGTune for web applications on SSD, 200 connections, with the memory that PostgreSQL has here. */
const cases = [
  {
    name: "8 vCPU, 32 GB shared with cache and search",
    memoryMb: memoryPlan(32).postgresqlMb,
    vcpus: 8,
    expected: {
      shared_buffers: "4864MB",
      effective_cache_size: "14592MB",
      maintenance_work_mem: "1216MB",
      work_mem: "23945kB",
      wal_buffers: "16384kB",
      huge_pages: "try",
      max_worker_processes: "8",
      max_parallel_workers: "8",
      max_parallel_workers_per_gather: "4",
      max_parallel_maintenance_workers: "4",
    },
  },
  {
    name: "2 vCPU, 4 GB shared",
    memoryMb: memoryPlan(4).postgresqlMb,
    vcpus: 2,
    expected: {
      shared_buffers: "512MB",
      effective_cache_size: "1536MB",
      maintenance_work_mem: "128MB",
      work_mem: "4096kB",
      wal_buffers: "15728kB",
      huge_pages: "off",
    },
  },
  {
    name: "16 vCPU, 64 GB for itself",
    memoryMb: 64 * 1024,
    vcpus: 16,
    expected: {
      shared_buffers: "16384MB",
      maintenance_work_mem: "4096MB",
      autovacuum_work_mem: "2GB",
      max_worker_processes: "16",
      max_parallel_workers_per_gather: "4",
    },
  },
];

describe("tunePostgres", () => {
  for (const { name, memoryMb, vcpus, expected } of cases) {
    it(name, () => {
      const tuning = tunePostgres(memoryMb, vcpus);
      for (const [key, value] of Object.entries(expected)) assert.equal(tuning[key], value, key);
    });
  }

  it("leaves parallelism to PostgreSQL below four processors", () => {
    assert.equal(tunePostgres(2048, 2).max_parallel_workers, undefined);
  });
});
