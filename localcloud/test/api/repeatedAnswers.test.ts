import assert from "node:assert/strict";
import { createApiFaults } from "../../src/api";
import { createKeptAnswers } from "../../src/api/repeatedAnswers";
import { otherToken, TestCloud } from "./testCloud";

describe("local cloud API: answers that are given again", () => {
  const faults = createApiFaults();
  let cloud: TestCloud;
  let rendered: number;
  beforeEach(async () => {
    cloud = await TestCloud.start({ requestsPerHour: 1000 }, faults);
    rendered = 0;
    const transaction = cloud.store.transaction.bind(cloud.store);
    cloud.store.transaction = (work) => {
      rendered++;
      return transaction(work);
    };
  });
  afterEach(() => cloud.stop());

  it("are rendered once, and each has its own id, its place in the rate limit and its log line", async () => {
    const answers = [];
    for (let index = 0; index < 3; index++) answers.push(await cloud.call("GET", "/locations?per_page=2"));
    assert.equal(rendered, 1);
    const [first, second, third] = answers;
    for (const name of ["content-type", "content-length", "link", "ratelimit-limit"]) {
      assert.ok(first?.headers[name] !== undefined, name);
      assert.equal(second?.headers[name], first?.headers[name], name);
    }
    assert.deepEqual([second?.status, second?.body], [200, first?.body]);
    assert.equal(new Set(answers.map(({ headers }) => headers["x-correlation-id"])).size, 3);
    assert.deepEqual(
      answers.map(({ headers }) => headers["ratelimit-remaining"]),
      ["999", "998", "997"],
    );
    assert.deepEqual(third?.body, first?.body);
    assert.equal(cloud.log.length, 3);
    const { time: _first, ms: _before, ...line } = cloud.log[0] ?? {};
    const { time: _last, ms: _after, ...repeated } = cloud.log[2] ?? {};
    assert.deepEqual(repeated, line);
  });

  it("end with the change of any row", async () => {
    const server = await cloud.server("before");
    assert.equal((await cloud.get("/servers")).servers[0].name, "before");
    assert.equal((await cloud.get(`/servers/${server.id}`)).server.name, "before");
    await cloud.ok("PUT", `/servers/${server.id}`, { name: "after" });
    assert.equal((await cloud.get("/servers")).servers[0].name, "after");
    assert.equal((await cloud.get(`/servers/${server.id}`)).server.name, "after");
    await cloud.act(`/servers/${server.id}/actions/poweroff`);
    assert.equal((await cloud.get("/servers")).servers[0].status, "off");
  });

  it("differ by project, query and the host that links name", async () => {
    await cloud.network();
    assert.equal((await cloud.get("/networks")).networks.length, 1);
    assert.equal((await cloud.ok("GET", "/networks", undefined, { token: otherToken })).networks.length, 0);
    assert.equal((await cloud.get("/networks?name=nobody")).networks.length, 0);
    const links = [];
    for (const host of ["one.test", "two.test"]) {
      links.push((await cloud.call("GET", "/networks", undefined, { headers: { host } })).headers.link);
    }
    assert.match(String(links[0]), /^<http:\/\/one\.test\/v1\/networks\?page=1>/);
    assert.match(String(links[1]), /^<http:\/\/two\.test\/v1\/networks\?page=1>/);
  });

  it("need a token and room in the rate limit", async () => {
    await cloud.get("/locations");
    await cloud.fails("unauthorized", "GET", "/locations", undefined, { token: null });
    await cloud.fails("unauthorized", "GET", "/locations", undefined, { token: "d".repeat(64) });
    await cloud.stop();
    cloud = await TestCloud.start({ requestsPerHour: 2 });
    await cloud.get("/locations");
    await cloud.get("/locations");
    await cloud.fails("rate_limit_exceeded", "GET", "/locations");
  });

  it("meet faults like all others, and are not what a fault had changed", async () => {
    const available = async () => {
      const { datacenters } = await cloud.get("/datacenters");
      return datacenters[0].server_types.available.length as number;
    };
    const all = await available();
    faults.begin(1, { kind: "api", effect: "sold-out", serverType: "cx23" });
    assert.equal(await available(), all - 1);
    faults.end(1);
    assert.equal(await available(), all);
    faults.begin(2, { kind: "api", effect: "unavailable" });
    await cloud.fails("unavailable", "GET", "/datacenters");
    faults.end(2);
    assert.equal(await available(), all);
  });

  it("do not end the server when one cannot be rendered", async () => {
    const list = cloud.store.list.bind(cloud.store);
    const broken = new Error("broken");
    cloud.store.list = () => {
      throw broken;
    };
    const answer = await cloud.call("GET", "/ssh_keys");
    assert.deepEqual([answer.status, answer.body.error.code], [500, "server_error"]);
    cloud.store.list = list;
    assert.deepEqual((await cloud.get("/ssh_keys")).ssh_keys, []);
    assert.ok(cloud.problems.every((problem) => problem.startsWith("GET /v1/ssh_keys: Error: broken")));
  });

  it("are not those that only the host knows", async () => {
    const path = "/load_balancers";
    await cloud.get(path);
    await cloud.get(path);
    assert.equal(rendered, 2);
  });
});

describe("kept answers", () => {
  const answer = (body: string) => ({ status: 200, headers: {}, body });
  const asked = (url: string) => ({ url, headers: { host: "h" } });

  it("are forgotten with a new version of the store", () => {
    const store = { version: 1 };
    const answers = createKeptAnswers(store);
    answers.keep(1, asked("/a"), answer("old"));
    assert.equal(answers.find(1, asked("/a"))?.body, "old");
    assert.equal(answers.find(2, asked("/a")), undefined);
    store.version = 2;
    assert.equal(answers.find(1, asked("/a")), undefined);
  });

  it("never take more than 2 million characters", () => {
    const answers = createKeptAnswers({ version: 1 });
    const half = "x".repeat(1_000_000);
    answers.keep(1, asked("/a"), answer(half));
    answers.keep(1, asked("/b"), answer(half));
    assert.ok(answers.find(1, asked("/a")) !== undefined);
    answers.keep(1, asked("/c"), answer(half));
    assert.equal(answers.find(1, asked("/a")), undefined);
    assert.ok(answers.find(1, asked("/c")) !== undefined);
    answers.keep(1, asked("/d"), answer("x".repeat(3_000_000)));
    assert.equal(answers.find(1, asked("/d")), undefined);
  });
});
