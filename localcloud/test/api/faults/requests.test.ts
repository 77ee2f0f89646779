import assert from "node:assert/strict";
import { createApiFaults } from "../../../src/api";
import type { ApiFault } from "../../../src/contract/control";
import { eventually } from "../../support/eventually";
import { otherToken, TestCloud, TOKEN } from "../testCloud";

type Effect = ApiFault["effect"];

describe("local cloud API: faults of requests", () => {
  let cloud: TestCloud;
  let faults: ReturnType<typeof createApiFaults>;
  let random: number;
  let address: string;

  beforeEach(async () => {
    random = 0;
    faults = createApiFaults({ random: () => random });
    cloud = await TestCloud.start({}, faults);
    const { port } = await cloud.api.listen({ host: "127.0.0.1", port: 0 });
    address = `http://127.0.0.1:${port}`;
  });
  afterEach(() => cloud.stop());

  const begin = (effect: Effect, more: Partial<ApiFault> = {}) =>
    faults.begin(1, { kind: "api", effect, ...more });
  const body = { name: "n", ip_range: "10.0.0.0/16" };
  const fetched = (path: string) =>
    fetch(`${address}/v1${path}`, { headers: { authorization: `Bearer ${TOKEN}` } });

  const errors: readonly [Effect, string, string, string, number, string, object | null][] = [
    ["rate-limit", "HC-X1", "GET", "/servers", 429, "rate_limit_exceeded", null],
    ["unavailable", "HC-X2", "GET", "/servers", 503, "unavailable", null],
    ["server-error", "HC-X3", "DELETE", "/networks/1", 500, "server_error", null],
    ["timeout", "HC-X5", "GET", "/servers", 504, "timeout", null],
    ["no-capacity", "HC-X6", "POST", "/servers", 412, "resource_unavailable", null],
    ["locked", "HC-X7", "POST", "/servers/1/actions/poweron", 423, "locked", null],
    [
      "quota",
      "HC-X10",
      "POST",
      "/networks",
      403,
      "resource_limit_exceeded",
      { limits: [{ name: "network_limit" }] },
    ],
    ["maintenance", "HC-X11", "PUT", "/networks/1", 403, "maintenance", null],
    ["conflict", "HC-X12", "POST", "/networks/1/actions/add_subnet", 409, "conflict", null],
  ];
  for (const [effect, id, method, path, status, code, details] of errors) {
    it(`${effect} answers ${status} ${code} until it ends (${id})`, async () => {
      begin(effect);
      const answer = await cloud.call(method, path, method === "POST" ? body : undefined);
      assert.equal(answer.status, status);
      assert.equal(answer.body.error.code, code);
      assert.deepEqual(answer.body.error.details, details);
      assert.ok(answer.body.error.message.length > 5);
      assert.equal(faults.hits(1), 1);
      assert.deepEqual(
        cloud.log.map(({ status: logged, fault }) => [logged, fault]),
        [[status, 1]],
      );
      assert.deepEqual((await networks()).length, 0, "nothing was done");
      faults.end(1);
      assert.notEqual((await cloud.call(method, path, body)).body.error?.code, code);
      assert.equal(cloud.log.at(-1)?.fault, undefined);
    });
  }
  const networks = async () => cloud.store.list("network");

  it("rate-limit shows an empty bucket in the headers", async () => {
    begin("rate-limit");
    const { headers } = await cloud.call("GET", "/servers");
    assert.equal(headers["ratelimit-remaining"], "0");
    assert.equal(headers["ratelimit-limit"], "1000000");
    assert.ok(Number(headers["ratelimit-reset"]) > Date.now() / 1000 + 3500);
    faults.end(1);
    assert.ok(Number((await cloud.call("GET", "/servers")).headers["ratelimit-remaining"]) > 0);
  });

  it("bad-gateway answers 502 without JSON (HC-X4)", async () => {
    begin("bad-gateway");
    const answer = await fetched("/servers");
    assert.equal(answer.status, 502);
    assert.match(answer.headers.get("content-type") ?? "", /^text\/html/);
    assert.match(await answer.text(), /^<html>/);
    faults.end(1);
    assert.equal((await fetched("/servers")).status, 200);
  });

  it("no-answer lets the client wait until the fault ends, then closes (HC-X5)", async () => {
    begin("no-answer");
    let failed = false;
    const waiting = fetched("/servers").then(
      () => assert.fail("it was answered"),
      () => {
        failed = true;
      },
    );
    await eventually(() => faults.hits(1) === 1 && cloud.log.length === 1, "the request has arrived");
    await new Promise((resolve) => setTimeout(resolve, 100));
    assert.equal(failed, false, "it still waits");
    assert.deepEqual(
      cloud.log.map(({ status }) => status),
      [0],
    );
    faults.end(1);
    await waiting;
    assert.equal((await fetched("/servers")).status, 200);
  });

  it("dropped-connection closes without an answer and does nothing", async () => {
    begin("dropped-connection", { pattern: "POST /networks" });
    const lost = fetch(`${address}/v1/networks`, {
      method: "POST",
      headers: { authorization: `Bearer ${TOKEN}` },
      body: JSON.stringify(body),
    });
    await assert.rejects(lost, (error: Error) => /socket|closed|ECONNRESET/i.test(String(error.cause)));
    assert.deepEqual(await networks(), []);
    assert.equal((await fetched("/networks")).status, 200, "others are answered");
  });

  it("latency delays and then answers, and a fault that ends delays no longer", async () => {
    begin("latency", { delayMs: 150 });
    const started = Date.now();
    await cloud.get("/servers");
    assert.ok(Date.now() - started >= 145);
    faults.end(1);
    begin("latency", { delayMs: 60_000 });
    const waiting = cloud.get("/servers");
    setTimeout(() => faults.end(1), 50);
    await waiting;
  });

  it("latency and another fault of the same request both act", async () => {
    begin("latency", { delayMs: 100 });
    faults.begin(2, { kind: "api", effect: "unavailable" });
    const started = Date.now();
    await cloud.fails("unavailable", "GET", "/servers");
    assert.ok(Date.now() - started >= 95);
    assert.deepEqual([faults.hits(1), faults.hits(2)], [1, 1]);
  });

  it("sold-out shows in the server types and refuses the create (HC-X14)", async () => {
    begin("sold-out", { serverType: "cx23@fsn1" });
    const type = async () => (await cloud.get("/server_types?name=cx23")).server_types[0].locations;
    const available = async (location: string) =>
      (await type()).find(({ name }: { name: string }) => name === location).available;
    assert.deepEqual([await available("fsn1"), await available("nbg1")], [false, true]);
    const server = { name: "a", server_type: "cx23", image: "debian-13" };
    const refused = await cloud.fails("resource_unavailable", "POST", "/servers", {
      ...server,
      location: "fsn1",
    });
    assert.equal(refused.status, 412);
    await cloud.ok("POST", "/servers", { ...server, location: "nbg1" });
    faults.end(1);
    assert.equal(await available("fsn1"), true);
    await cloud.api.runner.idle();
  });

  const patterns: readonly [string, string, string, boolean][] = [
    ["POST /servers", "POST", "/servers", true],
    ["POST /servers", "POST", "/servers/", true],
    ["POST /servers", "GET", "/servers", false],
    ["POST /servers", "POST", "/servers/1/actions/poweron", false],
    ["* /servers", "GET", "/servers?name=a", true],
    ["* /floating_ips/*", "POST", "/floating_ips/7/actions/assign", true],
    ["* /floating_ips/*", "GET", "/floating_ips", false],
    ["* /servers/{id}", "GET", "/servers/7", true],
    ["* /servers/:id", "GET", "/servers/7", true],
    ["* /servers/{id}", "POST", "/servers/7/actions/poweron", false],
    ["POST */actions/assign", "POST", "/floating_ips/7/actions/assign", true],
    ["GET /server.", "GET", "/servers", false],
  ];
  for (const [pattern, method, path, met] of patterns) {
    it(`\`${pattern}\` ${met ? "means" : "does not mean"} ${method} ${path}`, async () => {
      begin("unavailable", { pattern });
      const { status } = await cloud.call(method, path, method === "POST" ? {} : undefined);
      assert.equal(status === 503, met);
      assert.equal(faults.hits(1), met ? 1 : 0);
    });
  }

  it("a share meets only part of the requests", async () => {
    begin("unavailable", { share: 0.25 });
    const statuses: number[] = [];
    for (const value of [0, 0.24, 0.25, 0.9]) {
      random = value;
      statuses.push((await cloud.call("GET", "/servers")).status);
    }
    assert.deepEqual(statuses, [503, 503, 200, 200]);
  });

  it("a count ends the fault with its last hit", async () => {
    const spent: number[] = [];
    faults.onSpent((id) => spent.push(id));
    begin("unavailable", { count: 2 });
    const statuses = [];
    for (let index = 0; index < 4; index++) statuses.push((await cloud.call("GET", "/servers")).status);
    assert.deepEqual(statuses, [503, 503, 200, 200]);
    assert.deepEqual(spent, [1]);
  });

  it("a project's fault leaves other projects and strangers alone", async () => {
    begin("unavailable", { project: "one" });
    await cloud.fails("unavailable", "GET", "/servers");
    await cloud.ok("GET", "/servers", undefined, { token: otherToken });
    await cloud.fails("unauthorized", "GET", "/servers", undefined, { token: null });
  });
});
