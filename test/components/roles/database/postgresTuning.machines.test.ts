import assert from "node:assert/strict";
import { elasticsearchYml } from "../../../../components/roles/database/elasticsearch";
import { memoryPlan } from "../../../../components/roles/database/memoryPlan";
import { hugePages, tunePostgres } from "../../../../components/roles/database/postgresTuning";
import { bootMachine, type TestMachine, whyNoMachine } from "./support/machine";

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
    it(`S1-24, S3-56, S3-57, S3-58, S3-59: ${name}`, () => {
      const tuning = tunePostgres(memoryMb, vcpus);
      for (const [key, value] of Object.entries(expected)) assert.equal(tuning[key], value, key);
    });
  }

  it("leaves parallelism to PostgreSQL below four processors", () => {
    assert.equal(tunePostgres(2048, 2).max_parallel_workers, undefined);
  });
});

describe("the memory that the kernel sets aside for PostgreSQL", function () {
  this.timeout(120_000);
  let machine: TestMachine;
  before(async function () {
    if (whyNoMachine() !== undefined) this.skip();
    machine = await bootMachine("database1", []);
  });
  after(() => machine?.stop());

  for (const [memoryGb, vcpus] of [
    [16, 4],
    [32, 8],
    [64, 16],
    [192, 48],
  ] as const) {
    it(`is what PostgreSQL asks for on a machine of ${memoryGb} GB, and hardly more`, async () => {
      const { postgresqlMb } = memoryPlan(memoryGb);
      const options = Object.entries(tunePostgres(postgresqlMb, vcpus)).map(
        ([name, value]) => `-c ${name}=${value}`,
      );
      const asked = Number(
        await machine.succeed(
          `runuser -u postgres -- /usr/lib/postgresql/17/bin/postgres -D /etc/postgresql/17/main ${options.join(" ")} -C shared_memory_size_in_huge_pages`,
        ),
      );
      const given = hugePages(postgresqlMb);
      assert.ok(given >= asked, `PostgreSQL asks for ${asked} pages and would use none of ${given}`);
      assert.ok(given * 2 <= asked * 2 * 1.02 + 128, `${given} pages for ${asked}`);
    });
  }

  it("is nothing where PostgreSQL does without", () => {
    const { postgresqlMb } = memoryPlan(8);
    assert.equal(tunePostgres(postgresqlMb, 2).huge_pages, "off");
    assert.equal(hugePages(postgresqlMb), 0);
  });
});

describe("a full disk", () => {
  it("makes search read-only while PostgreSQL's log still has room", () => {
    const yml = elasticsearchYml({ image: "x", privateIp: "10.0.3.11", heapMb: 512, memoryMb: 1024 });
    const gigabytes = (key: string) =>
      Number(new RegExp(`watermark\\.${key}: (\\d+)gb$`, "m").exec(yml)?.[1]);
    const maxWal = Number(/^(\d+)GB$/.exec(tunePostgres(1024, 2).max_wal_size ?? "")?.[1]);
    assert.ok(gigabytes("flood_stage") > maxWal, yml);
    assert.ok(gigabytes("high") > gigabytes("flood_stage") && gigabytes("low") > gigabytes("high"), yml);
  });
});
