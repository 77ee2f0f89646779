import assert from "node:assert/strict";
import { setTimeout as pause } from "node:timers/promises";
import { until } from "../../../localcloud/test/images/support/ports";
import { answersOfApi } from "./support/api";
import { whenReady } from "./support/application";
import { whatStaysOpen } from "./support/openStreams";
import { json, RunningApplication, sessionOf, type WhoAmI } from "./support/runningApplication";
import { workOfWorkers } from "./support/worker";

describe("sample application", function () {
  this.timeout(600_000);
  const app = new RunningApplication();

  before(async function () {
    if (process.platform !== "linux" || process.getuid?.() !== 0) this.skip();
    await app.start();
  });
  after(() => app.stop());

  describe("health", () => {
    it("S3-89, S3-90: is alive, started and ready, with a result for each dependency", async () => {
      assert.equal((await app.web.get("/health")).status, 200);
      assert.equal((await app.web.get("/health/startup")).status, 200);
      const ready = await json<{ dependencies: Record<string, { ok: boolean }> }>(
        app.web.get("/health/ready"),
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
      const text = await (await app.web.get("/metrics")).text();
      assert.match(text, /http_request_duration_seconds_count\{.*route="\/health\/ready",status="200"/);
      assert.equal((await app.web.get("/metrics", { "x-forwarded-for": "192.0.2.1" })).status, 404);
    });

    it("S3-90: is ready without Redis where requests do without it, and not where they need it", async () => {
      app.platform.services.redis.signal("SIGSTOP");
      try {
        const answer = await app.web.get("/health/ready");
        assert.equal(answer.status, 200);
        const body = (await answer.json()) as {
          status: string;
          degraded: string[];
          dependencies: Record<string, { ok: boolean }>;
        };
        assert.deepEqual([body.status, body.degraded], ["ready", ["redis"]]);
        assert.equal(body.dependencies.redis?.ok, false);
        assert.equal(body.dependencies.postgresql?.ok, true);
        assert.equal((await app.api.get("/health/ready")).status, 200);
        assert.equal((await app.admin.get("/health/ready")).status, 503);
        assert.equal((await app.admin.get("/health")).status, 200);
        const page = await app.web.get("/");
        assert.equal(page.status, 200);
        assert.match(await page.text(), /not available/);
      } finally {
        app.platform.services.redis.signal("SIGCONT");
      }
      await whenReady(app.admin);
    });

    it("starts without a store that is away, once the platform was whole", async () => {
      const gone = { S3_ENDPOINT: "http://127.0.0.1:1", ELASTICSEARCH_URL: "http://127.0.0.1:1" };
      const late = await app.platform.start("web", 9, gone);
      await whenReady(late);
      const body = (await (await late.get("/health/ready")).json()) as { degraded: string[] };
      assert.deepEqual(body.degraded, ["elasticsearch", "objectStore"]);
    });
  });

  describe("web", () => {
    it("says who answered and one value of each store", async () => {
      const me = await json<WhoAmI>(app.second.get("/whoami"));
      assert.deepEqual([me.node, me.service, me.replica], ["app1", "web", 2]);
      assert.equal(typeof me.values.postgresql, "number");
      assert.equal(typeof me.values.redis, "number");
      assert.equal(typeof me.values.elasticsearch, "number");
      assert.equal(me.values.objectStore, "Hello from the object store");
      assert.deepEqual(me.unavailable, {});
    });

    it("shows the same as a page, escaped and without foreign content", async () => {
      const answer = await app.web.get("/");
      const page = await answer.text();
      assert.match(page, /<em>app1<\/em>/);
      assert.match(page, /Hello from the object store/);
      assert.match(
        answer.headers.get("content-security-policy") ?? "",
        /^default-src 'none'; style-src 'sha256-/,
      );
    });

    it("S1-9, S1-37: continues a session on another replica", async () => {
      const first = await app.web.get("/whoami");
      const cookie = sessionOf(first);
      const { session } = (await first.json()) as WhoAmI;
      const again = await json<WhoAmI>(app.second.get("/whoami", { cookie: `session=${cookie}` }));
      assert.equal(session?.visits, 1);
      assert.deepEqual(again.session, { idHash: session?.idHash, visits: 2 });
    });

    it("gives the cookie the flags that keep it secret", async () => {
      const plain = (await app.web.get("/")).headers.get("set-cookie") ?? "";
      assert.match(plain, /HttpOnly/);
      assert.match(plain, /SameSite=Lax/);
      assert.doesNotMatch(plain, /Secure/);
      const behindTls = await app.web.get("/", { "x-forwarded-proto": "https" });
      assert.match(behindTls.headers.get("set-cookie") ?? "", /Secure/);
    });

    it("gives a new id to who brings one that nobody issued", async () => {
      const chosen = "A".repeat(43);
      const answer = await app.web.get("/whoami", { cookie: `session=${chosen}` });
      assert.notEqual(sessionOf(answer), chosen);
      assert.equal(sessionOf(answer).length, 43);
    });
  });

  answersOfApi(app);
  whatStaysOpen(app);
  workOfWorkers(app);

  describe("stop", () => {
    it("S3-116: fails readiness first, answers everything meanwhile and exits with 0", async () => {
      const leaving = await app.platform.start("web", 9, { DRAIN_SECONDS: "2" });
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
      const leaving = await app.platform.start("web", 10, {
        DRAIN_SECONDS: "0",
        DEPENDENCY_TIMEOUT_MS: "3000",
      });
      await whenReady(leaving);
      app.platform.services.redis.signal("SIGSTOP");
      const slow = leaving.get("/whoami");
      await pause(300);
      leaving.container.signal("SIGTERM");
      await until("the closed port", () =>
        leaving.get("/health").then(
          () => undefined,
          () => true as const,
        ),
      );
      app.platform.services.redis.signal("SIGCONT");
      assert.equal((await slow).status, 200);
      assert.equal(await leaving.container.exited, 0);
    });
  });
});
