import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { hostname, tmpdir } from "node:os";
import { join } from "node:path";
import type { Workspace } from "@pulumi/pulumi/automation";
import { openDeadLock } from "../../scripts/deadLock";

/** The number of a process that has ended. */
const gone = spawnSync("true").pid;
const here = hostname();

describe("the lock of a stack", () => {
  let backend = "";
  beforeEach(async () => {
    backend = await mkdtemp(join(tmpdir(), "backend-"));
  });
  afterEach(() => rm(backend, { recursive: true }));

  /** Whether it is opened. */
  const opens = async (locks: readonly object[], url = `file://${backend}?metadata=skip`) => {
    const folder = join(backend, ".pulumi/locks/organization/hetzner-platform/local");
    await mkdir(folder, { recursive: true });
    for (const [index, lock] of locks.entries())
      await writeFile(join(folder, `${index}.json`), JSON.stringify(lock));
    let cancelled = 0;
    const workspace = {
      envVars: { PULUMI_BACKEND_URL: url },
      projectSettings: async () => ({ name: "hetzner-platform", runtime: "nodejs" }),
    } as unknown as Workspace;
    const stack = {
      name: "local",
      workspace,
      cancel: async () => {
        cancelled += 1;
      },
    };
    assert.equal(await openDeadLock(stack), cancelled === 1);
    return cancelled === 1;
  };

  for (const [title, expected, locks] of [
    ["of a killed engine is opened", true, [{ pid: gone, hostname: here }]],
    ["of an engine that runs stays", false, [{ pid: process.pid, hostname: here }]],
    ["of another host stays, whatever runs here", false, [{ pid: gone, hostname: `${here}-other` }]],
    [
      "stays while one of several engines runs",
      false,
      [gone, process.pid].map((pid) => ({ pid, hostname: here })),
    ],
    ["is not asked for when there is none", false, []],
  ] as const) {
    it(title, async () => assert.equal(await opens(locks), expected));
  }

  it("of another backend is left to `pulumi cancel`", async () => {
    assert.equal(await opens([{ pid: gone, hostname: here }], "https://api.pulumi.com"), false);
  });
});
