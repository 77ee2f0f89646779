import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { readdir, readFile, readlink } from "node:fs/promises";
import { join } from "node:path";
import { execa } from "execa";
import { runImage } from "../../../../localcloud/test/images/support/container";
import { until } from "../../../../localcloud/test/images/support/ports";
import type { Platform } from "./application";
import { type Job, json, type RunningApplication } from "./runningApplication";

/** Tests of what becomes of jobs. */
export function workOfWorkers(app: RunningApplication): void {
  describe("worker", () => {
    const enqueue = async (text: string, rounds = 1) => {
      const answer = await app.api.send("POST", "/api/jobs", { text, rounds });
      assert.equal(answer.status, 202);
      return ((await answer.json()) as { id: string }).id;
    };

    it("finishes what the api enqueues, in PostgreSQL and in the object store", async () => {
      const worker = await app.platform.start("worker", 1);
      const { status, result, worker: name } = await app.finished(await enqueue("hello"));
      assert.equal(status, "done");
      assert.equal(name, "app1/worker-1");
      assert.equal(result?.sha256, createHash("sha256").update("hello").digest("hex"));
      const report = await readFile(join(app.platform.services.objects, "app", result?.object ?? ""), "utf8");
      assert.equal(JSON.parse(report).sha256, result?.sha256);
      assert.match(await (await app.admin.get("/admin")).text(), /app1\/worker-1/);
      worker.container.signal("SIGTERM");
      assert.equal(await worker.container.exited, 0);
    });

    it("listens on no port, and answers its health command", async () => {
      const worker = await app.platform.start("worker", 2);
      await until("the health socket", async () => {
        const check = runImage(app.platform.image, worker.environment, ["node", "app.js", "health"]);
        return (await check.exited) === 0 ? true : undefined;
      });
      assert.deepEqual(await listeningPorts(worker.container.pid), []);
      assert.notDeepEqual(await listeningPorts(app.web.container.pid), []);
      worker.container.signal("SIGTERM");
      assert.equal(await worker.container.exited, 0);
      const check = runImage(app.platform.image, worker.environment, ["node", "app.js", "health"]);
      assert.equal(await check.exited, 1);
    });

    it("takes over the job of a worker that was killed", async () => {
      const extra = { WORKER_TAKEOVER_SECONDS: "2" };
      const victim = await app.platform.start("worker", 3, extra);
      const id = await enqueue("long", 1_500_000);
      await until("the job's start", async () => {
        return (await jobsInWork(app.platform)) === 1 ? true : undefined;
      });
      victim.container.signal("SIGKILL");
      assert.equal(await victim.container.exited, null);
      assert.equal((await json<Job>(app.api.get(`/api/jobs/${id}`))).status, "queued");
      const heir = await app.platform.start("worker", 4, extra);
      assert.equal((await app.finished(id, 120_000)).worker, "app1/worker-4");
      heir.container.signal("SIGTERM");
      await heir.container.exited;
    });

    it("finishes the job that it has before it stops", async () => {
      const worker = await app.platform.start("worker", 5);
      const id = await enqueue("last", 500_000);
      await until("the job's start", async () => {
        return (await jobsInWork(app.platform)) === 1 ? true : undefined;
      });
      worker.container.signal("SIGTERM");
      assert.equal(await worker.container.exited, 0);
      assert.equal((await app.finished(id, 1000)).worker, "app1/worker-5");
    });
  });
}

/** Entries of the queue that a worker has taken and not finished. */
async function jobsInWork(platform: Platform): Promise<number> {
  const url = platform.services.environment.REDIS_URL ?? "";
  const { stdout } = await execa("redis-cli", ["-u", url, "XPENDING", "jobs", "workers"]);
  return Number(stdout.split("\n")[0]);
}

/** Local TCP ports that a process listens on. */
async function listeningPorts(pid: number): Promise<number[]> {
  const sockets = new Set<string>();
  for (const descriptor of await readdir(`/proc/${pid}/fd`)) {
    const target = await readlink(`/proc/${pid}/fd/${descriptor}`).catch(() => "");
    const inode = /^socket:\[(\d+)\]$/.exec(target)?.[1];
    if (inode !== undefined) sockets.add(inode);
  }
  const tables = await Promise.all(
    ["tcp", "tcp6"].map((name) => readFile(`/proc/${pid}/net/${name}`, "utf8")),
  );
  return tables
    .flatMap((table) => table.trim().split("\n").slice(1))
    .map((line) => line.trim().split(/\s+/))
    .filter((columns) => columns[3] === "0A" && sockets.has(columns[9] ?? ""))
    .map((columns) => Number.parseInt(columns[1]?.split(":")[1] ?? "0", 16));
}
