import assert from "node:assert/strict";
import inject from "light-my-request";
import { otherToken, readToken, TestCloud } from "./testCloud";

describe("local cloud API: transport", () => {
  let cloud: TestCloud;
  beforeEach(async () => {
    cloud = await TestCloud.start();
  });
  afterEach(() => cloud.stop());

  it("answers an unknown path before it asks for a token (HC-T11)", async () => {
    const error = await cloud.fails("not_found", "GET", "/nothing", undefined, { token: null });
    assert.deepEqual([error.status, error.message, error.details], [404, "api route not found", null]);
  });

  it("asks for a token on known paths, with a wrong method too", async () => {
    const error = await cloud.fails("unauthorized", "GET", "/servers", undefined, { token: null });
    assert.deepEqual([error.status, error.message], [401, "token is required"]);
    await cloud.fails("unauthorized", "PATCH", "/servers", undefined, { token: null });
    const wrong = await cloud.fails("unauthorized", "GET", "/servers", undefined, { token: "d".repeat(64) });
    assert.equal(wrong.message, "the token you have provided is invalid");
  });

  it("refuses a wrong method on a known path", async () => {
    for (const [method, path] of [
      ["PATCH", "/servers"],
      ["DELETE", "/servers"],
      ["POST", "/servers/1"],
      ["GET", "/servers/1/actions/poweron/x"],
      ["PUT", "/actions"],
    ] as const) {
      const { status, body } = await cloud.call(method, path);
      if (status === 404) assert.equal(body.error.message, "api route not found", path);
      else assert.deepEqual([status, body.error.code], [405, "method_not_allowed"], path);
    }
  });

  it("lets a read-only token read and nothing else", async () => {
    await cloud.ok("GET", "/servers", undefined, { token: readToken });
    const body = { name: "n", ip_range: "10.0.0.0/16" };
    const error = await cloud.fails("token_readonly", "POST", "/networks", body, { token: readToken });
    assert.equal(error.status, 401);
    assert.deepEqual((await cloud.get("/networks")).networks, []);
  });

  it("keeps projects apart", async () => {
    const network = await cloud.network();
    const other = { token: otherToken };
    await cloud.fails("not_found", "GET", `/networks/${network.id}`, undefined, other);
    await cloud.fails("not_found", "DELETE", `/networks/${network.id}`, undefined, other);
    assert.deepEqual((await cloud.ok("GET", "/networks", undefined, other)).networks, []);
    await cloud.ok("POST", "/networks", { name: network.name, ip_range: "10.0.0.0/16" }, other);
    const server = await cloud.server("a");
    const attach = { network: network.id };
    await cloud.fails("not_found", "POST", `/servers/${server.id}/actions/attach_to_network`, attach, other);
    const { actions } = await cloud.get("/servers/actions");
    await cloud.fails("not_found", "GET", `/actions/${actions[0].id}`, undefined, other);
  });

  it("counts requests per project and refuses the one too many", async () => {
    await cloud.stop();
    cloud = await TestCloud.start({ requestsPerHour: 3 });
    const { headers } = await cloud.call("GET", "/servers");
    assert.equal(headers["ratelimit-limit"], "3");
    assert.equal(headers["ratelimit-remaining"], "2");
    assert.ok(Number(headers["ratelimit-reset"]) >= Math.floor(Date.now() / 1000));
    await cloud.call("GET", "/servers");
    await cloud.call("GET", "/servers");
    const error = await cloud.fails("rate_limit_exceeded", "GET", "/servers");
    assert.equal(error.status, 429);
    await cloud.ok("GET", "/servers", undefined, { token: otherToken });
  });

  it("writes one log line for each request, without the token", async () => {
    await cloud.call("GET", "/servers?name=x");
    await cloud.call("GET", "/servers", undefined, { token: null });
    const [known, unknown] = cloud.log;
    assert.deepEqual(
      [known?.method, known?.path, known?.status, known?.project],
      ["GET", "/v1/servers", 200, "one"],
    );
    assert.deepEqual([unknown?.status, unknown?.project], [401, null]);
    assert.ok(!JSON.stringify(cloud.log).includes("aaaa"));
  });

  it("refuses a token of another length than 64 at once", async () => {
    await assert.rejects(
      TestCloud.start({ tokens: [{ token: "short", project: "p" }] }),
      /the token of project p has 5 characters: give it 64/,
    );
  });

  it("takes actions without a body and without a content type (HC-T7)", async () => {
    const server = await cloud.server("a");
    const response = await inject(cloud.api.listener, {
      method: "POST",
      url: `/v1/servers/${server.id}/actions/poweroff`,
      headers: { authorization: `Bearer ${"a".repeat(64)}` },
    });
    assert.equal(response.statusCode, 201);
  });

  it("serves every path of the description's first set or says what it cannot do", async () => {
    const { status } = await cloud.call("GET", "/pricing");
    assert.equal(status, 200);
    for (const path of [
      "/server_types",
      "/locations",
      "/datacenters",
      "/load_balancer_types",
      "/isos",
      "/images",
    ]) {
      const list = await cloud.get(`${path}?per_page=50`);
      const [one] = list[path.slice(1)];
      assert.ok(one.id > 0, path);
      await cloud.get(`${path}/${one.id}`);
    }
  });

  it("answers 410 for datacenters and leaves the fields out when told to (HC-S22)", async () => {
    await cloud.stop();
    cloud = await TestCloud.start({
      datacenterEndpoint: false,
      datacenterFields: false,
      assigneeTypeUnassigned: true,
    });
    const error = await cloud.fails("deprecated_api_endpoint", "GET", "/datacenters");
    assert.deepEqual([error.status, error.message], [410, "API functionality was removed"]);
    assert.match(error.details.announcement, /^https:/);
    assert.equal("datacenter" in (await cloud.server("a")), false);
  });
});
