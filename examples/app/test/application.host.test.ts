import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { readdir, readFile, readlink } from "node:fs/promises";
import { join } from "node:path";
import { setTimeout as pause } from "node:timers/promises";
import { execa } from "execa";
import { ensureImages } from "../../../localcloud/src/images/ensureImages";
import { runImage } from "../../../localcloud/test/images/support/container";
import { until } from "../../../localcloud/test/images/support/ports";
import { type Platform, type Replica, startPlatform, whenReady } from "./support/application";

interface WhoAmI {
  readonly node: string;
  readonly service: string;
  readonly replica: number;
  readonly values: Readonly<Record<string, number | string | null>>;
  readonly unavailable: Readonly<Record<string, string>>;
  readonly session: { readonly idHash: string; readonly visits: number } | null;
}

interface Job {
  readonly id: string;
  readonly status: string;
  readonly worker: string | null;
  readonly result: { readonly sha256: string; readonly object: string } | null;
}

const json = async <T>(answer: Promise<Response>) => (await answer).json() as Promise<T>;
const sessionOf = (answer: Response) =>
  /session=([^;]+)/.exec(answer.headers.get("set-cookie") ?? "")?.[1] ?? "";

describe("sample application", function () {
  this.timeout(600_000);
  let platform: Platform;
  let [web, second, api, admin]: Replica[] = [];
  const must = <T>(value: T | undefined): T => {
    assert.ok(value !== undefined);
    return value;
  };

  before(async function () {
    if (process.platform !== "linux" || process.getuid?.() !== 0) this.skip();
    await ensureImages(() => {}, { images: ["elasticsearch", "sampleApp"] });
    platform = await startPlatform();
    // All at once on empty stores: tables, index and bucket must be made once, without a collision.
    const all = [
      await platform.start("web", 1),
      await platform.start("web", 2),
      await platform.start("api", 1),
      await platform.start("admin", 1),
    ];
    await Promise.all(all.map(whenReady));
    [web, second, api, admin] = all;
  });
  after(() => platform?.stop());

  const finished = (id: string, timeoutMs?: number) =>
    until(
      `job ${id}`,
      async () => {
        const job = await json<Job>(must(api).get(`/api/jobs/${id}`));
        return job.status === "done" ? job : undefined;
      },
      timeoutMs,
    );

  describe("health", () => {
    it("S3-89, S3-90: is alive, started and ready, with a result for each dependency", async () => {
      assert.equal((await must(web).get("/health")).status, 200);
      assert.equal((await must(web).get("/health/startup")).status, 200);
      const ready = await json<{ dependencies: Record<string, { ok: boolean }> }>(
        must(web).get("/health/ready"),
      );
      const states = Object.entries(ready.dependencies).map(([name, { ok }]) => [name, ok]);
      assert.deepEqual(Object.fromEntries(states), {
        postgresql: true,
        redis: true,
        elasticsearch: true,
        objectStore: true,
      });
    });

    it("shows metrics to a scraper, and not to what came through a proxy", async () => {
      const text = await (await must(web).get("/metrics")).text();
      assert.match(text, /http_request_duration_seconds_count\{.*route="\/health\/ready",status="200"/);
      assert.equal((await must(web).get("/metrics", { "x-forwarded-for": "192.0.2.1" })).status, 404);
    });

    it("S3-90: is ready without Redis where requests do without it, and not where they need it", async () => {
      platform.services.redis.signal("SIGSTOP");
      try {
        const answer = await must(web).get("/health/ready");
        assert.equal(answer.status, 200);
        const body = (await answer.json()) as {
          status: string;
          degraded: string[];
          dependencies: Record<string, { ok: boolean }>;
        };
        assert.deepEqual([body.status, body.degraded], ["ready", ["redis"]]);
        assert.equal(body.dependencies.redis?.ok, false);
        assert.equal(body.dependencies.postgresql?.ok, true);
        assert.equal((await must(api).get("/health/ready")).status, 200);
        assert.equal((await must(admin).get("/health/ready")).status, 503);
        assert.equal((await must(admin).get("/health")).status, 200);
        const page = await must(web).get("/");
        assert.equal(page.status, 200);
        assert.match(await page.text(), /not available/);
      } finally {
        platform.services.redis.signal("SIGCONT");
      }
      await whenReady(must(admin));
    });

    it("starts without a store that is away, once the platform was whole", async () => {
      const gone = { S3_ENDPOINT: "http://127.0.0.1:1", ELASTICSEARCH_URL: "http://127.0.0.1:1" };
      const late = await platform.start("web", 9, gone);
      await whenReady(late);
      const body = (await (await late.get("/health/ready")).json()) as { degraded: string[] };
      assert.deepEqual(body.degraded, ["elasticsearch", "objectStore"]);
    });
  });

  describe("web", () => {
    it("says who answered and one value of each store", async () => {
      const me = await json<WhoAmI>(must(second).get("/whoami"));
      assert.deepEqual([me.node, me.service, me.replica], ["app1", "web", 2]);
      assert.equal(typeof me.values.postgresql, "number");
      assert.equal(typeof me.values.redis, "number");
      assert.equal(typeof me.values.elasticsearch, "number");
      assert.equal(me.values.objectStore, "Hello from the object store");
      assert.deepEqual(me.unavailable, {});
    });

    it("shows the same as a page, escaped and without foreign content", async () => {
      const answer = await must(web).get("/");
      const page = await answer.text();
      assert.match(page, /<em>app1<\/em>/);
      assert.match(page, /Hello from the object store/);
      assert.match(
        answer.headers.get("content-security-policy") ?? "",
        /^default-src 'none'; style-src 'sha256-/,
      );
    });

    it("S1-9, S1-37: continues a session on another replica", async () => {
      const first = await must(web).get("/whoami");
      const cookie = sessionOf(first);
      const { session } = (await first.json()) as WhoAmI;
      const again = await json<WhoAmI>(must(second).get("/whoami", { cookie: `session=${cookie}` }));
      assert.equal(session?.visits, 1);
      assert.deepEqual(again.session, { idHash: session?.idHash, visits: 2 });
    });

    it("gives the cookie the flags that keep it secret", async () => {
      const plain = (await must(web).get("/")).headers.get("set-cookie") ?? "";
      assert.match(plain, /HttpOnly/);
      assert.match(plain, /SameSite=Lax/);
      assert.doesNotMatch(plain, /Secure/);
      const behindTls = await must(web).get("/", { "x-forwarded-proto": "https" });
      assert.match(behindTls.headers.get("set-cookie") ?? "", /Secure/);
    });

    it("gives a new id to who brings one that nobody issued", async () => {
      const chosen = "A".repeat(43);
      const answer = await must(web).get("/whoami", { cookie: `session=${chosen}` });
      assert.notEqual(sessionOf(answer), chosen);
      assert.equal(sessionOf(answer).length, 43);
    });
  });

  describe("api", () => {
    it("stores an item and finds it by its words", async () => {
      const body = { name: "green canoe", text: "for two" };
      const stored = await must(api).send("POST", "/api/items", body);
      assert.equal(stored.status, 201);
      const { id } = (await stored.json()) as { id: string };
      assert.equal((await json<{ name: string }>(must(api).get(`/api/items/${id}`))).name, "green canoe");
      const hits = await until("the search hit", async () => {
        const found = await json<{ hits: { id: string }[] }>(must(api).get("/api/search?q=canoe"));
        return found.hits.length > 0 ? found.hits : undefined;
      });
      assert.deepEqual(
        hits.map((hit) => hit.id),
        [id],
      );
    });

    it("puts, gets and deletes an object byte by byte", async () => {
      const bytes = Buffer.from([0, 255, 10, 13, 128]);
      const url = `${must(api).url}/api/objects/raw.bin`;
      const headers = { "content-type": "application/octet-stream" };
      assert.equal((await fetch(url, { method: "PUT", headers, body: bytes })).status, 201);
      assert.deepEqual(Buffer.from(await (await fetch(url)).arrayBuffer()), bytes);
      assert.deepEqual(await readFile(join(platform.services.objects, "app/uploads/raw.bin")), bytes);
      assert.equal((await fetch(url, { method: "DELETE" })).status, 204);
      assert.equal((await fetch(url)).status, 404);
    });

    const refused: readonly [string, string, unknown, number][] = [
      ["POST", "/api/jobs", {}, 400],
      ["POST", "/api/jobs", { text: "a", rounds: 0 }, 400],
      ["POST", "/api/jobs", { text: "a", priority: 1 }, 400],
      ["POST", "/api/items", { name: "" }, 400],
      ["PUT", "/api/objects/..%2Fwelcome.txt", {}, 400],
      ["POST", "/api/nothing", {}, 404],
    ];
    for (const [method, path, body, status] of refused) {
      it(`answers ${status} to ${method} ${path} ${JSON.stringify(body)}`, async () => {
        const answer = await must(api).send(method, path, body);
        assert.equal(answer.status, status);
        assert.ok(((await answer.json()) as { error: { message: string } }).error.message.length > 0);
      });
    }

    it("answers 400 to an id that is none and 404 to one that is unknown", async () => {
      assert.equal((await must(api).get("/api/jobs/7")).status, 400);
      assert.equal((await must(api).get("/api/jobs/00000000-0000-4000-8000-00000000ffff")).status, 404);
    });
  });

  describe("worker", () => {
    const enqueue = async (text: string, rounds = 1) => {
      const answer = await must(api).send("POST", "/api/jobs", { text, rounds });
      assert.equal(answer.status, 202);
      return ((await answer.json()) as { id: string }).id;
    };

    it("finishes what the api enqueues, in PostgreSQL and in the object store", async () => {
      const worker = await platform.start("worker", 1);
      const { status, result, worker: name } = await finished(await enqueue("hello"));
      assert.equal(status, "done");
      assert.equal(name, "app1/worker-1");
      assert.equal(result?.sha256, createHash("sha256").update("hello").digest("hex"));
      const report = await readFile(join(platform.services.objects, "app", result?.object ?? ""), "utf8");
      assert.equal(JSON.parse(report).sha256, result?.sha256);
      assert.match(await (await must(admin).get("/admin")).text(), /app1\/worker-1/);
      worker.container.signal("SIGTERM");
      assert.equal(await worker.container.exited, 0);
    });

    it("listens on no port, and answers its health command", async () => {
      const worker = await platform.start("worker", 2);
      await until("the health socket", async () => {
        const check = runImage(platform.image, worker.environment, ["node", "app.js", "health"]);
        return (await check.exited) === 0 ? true : undefined;
      });
      assert.deepEqual(await listeningPorts(worker.container.pid), []);
      assert.notDeepEqual(await listeningPorts(must(web).container.pid), []);
      worker.container.signal("SIGTERM");
      assert.equal(await worker.container.exited, 0);
      const check = runImage(platform.image, worker.environment, ["node", "app.js", "health"]);
      assert.equal(await check.exited, 1);
    });

    it("takes over the job of a worker that was killed", async () => {
      const extra = { WORKER_TAKEOVER_SECONDS: "2" };
      const victim = await platform.start("worker", 3, extra);
      const id = await enqueue("long", 1_500_000);
      await until("the job's start", async () => {
        return (await jobsInWork(platform)) === 1 ? true : undefined;
      });
      victim.container.signal("SIGKILL");
      assert.equal(await victim.container.exited, null);
      assert.equal((await json<Job>(must(api).get(`/api/jobs/${id}`))).status, "queued");
      const heir = await platform.start("worker", 4, extra);
      assert.equal((await finished(id, 120_000)).worker, "app1/worker-4");
      heir.container.signal("SIGTERM");
      await heir.container.exited;
    });

    it("finishes the job that it has before it stops", async () => {
      const worker = await platform.start("worker", 5);
      const id = await enqueue("last", 500_000);
      await until("the job's start", async () => {
        return (await jobsInWork(platform)) === 1 ? true : undefined;
      });
      worker.container.signal("SIGTERM");
      assert.equal(await worker.container.exited, 0);
      assert.equal((await finished(id, 1000)).worker, "app1/worker-5");
    });
  });

  describe("stop", () => {
    it("S3-116: fails readiness first, answers everything meanwhile and exits with 0", async () => {
      const leaving = await platform.start("web", 9, { DRAIN_SECONDS: "2" });
      await whenReady(leaving);
      const statuses: number[] = [];
      leaving.container.signal("SIGTERM");
      // What a load balancer does: it sends requests until a health check has failed.
      while ((await leaving.get("/health/ready")).status === 200) {
        statuses.push((await leaving.get("/whoami")).status);
      }
      const last = await leaving.get("/whoami");
      statuses.push(last.status);
      assert.equal(last.headers.get("connection"), "close");
      assert.ok(statuses.every((status) => status === 200));
      assert.equal(await leaving.container.exited, 0);
      await assert.rejects(leaving.get("/health"), /fetch failed/);
    });

    it("S3-116: lets a request that has begun finish after the port is closed", async () => {
      const leaving = await platform.start("web", 10, { DRAIN_SECONDS: "0", DEPENDENCY_TIMEOUT_MS: "3000" });
      await whenReady(leaving);
      platform.services.redis.signal("SIGSTOP");
      const slow = leaving.get("/whoami");
      await pause(300);
      leaving.container.signal("SIGTERM");
      await until("the closed port", () =>
        leaving.get("/health").then(
          () => undefined,
          () => true as const,
        ),
      );
      platform.services.redis.signal("SIGCONT");
      assert.equal((await slow).status, 200);
      assert.equal(await leaving.container.exited, 0);
    });
  });
});

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
