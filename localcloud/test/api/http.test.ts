import assert from "node:assert/strict";
import { Agent, get, type IncomingMessage } from "node:http";
import { createApiFaults } from "../../src/api";
import { eventually } from "../support/eventually";
import { TestCloud, TOKEN } from "./testCloud";

describe("local cloud API: its server", () => {
  const faults = createApiFaults();
  let cloud: TestCloud;
  let port: number;
  let agent: Agent;
  beforeEach(async () => {
    cloud = await TestCloud.start({}, faults);
    ({ port } = await cloud.api.listen({ host: "127.0.0.1", port: 0 }));
    agent = new Agent({ keepAlive: true });
  });
  afterEach(async () => {
    agent.destroy();
    await cloud.stop();
  });

  const ask = (path: string) =>
    new Promise<IncomingMessage & { text: string }>((resolve, reject) => {
      const headers = { authorization: `Bearer ${TOKEN}` };
      get({ host: "127.0.0.1", port, path: `/v1${path}`, agent, headers }, (response) => {
        let text = "";
        response.setEncoding("utf8");
        response.on("data", (part: string) => {
          text += part;
        });
        response.on("end", () => resolve(Object.assign(response, { text })));
      }).on("error", reject);
    });

  it("answers the same by itself and by the framework", async () => {
    const direct = await ask("/locations?name=fsn1");
    // A fault that meets nobody sends all requests through the framework.
    faults.begin(1, { kind: "api", effect: "latency", delayMs: 0, pattern: "POST /servers" });
    const framework = await ask("/locations?name=fsn1");
    faults.end(1);
    assert.equal(direct.text, framework.text);
    const told = ({ headers }: IncomingMessage) => {
      const { date: _date, "x-correlation-id": id, "ratelimit-remaining": left, ...same } = headers;
      assert.match(String(id), /^[0-9a-f]{16}$/);
      assert.ok(Number(left) > 0);
      return same;
    };
    assert.deepEqual(told(direct), told(framework));
  });

  it("keeps connections of clients open", async () => {
    const [first, second] = [await ask("/locations"), await ask("/locations")];
    assert.equal(first.headers.connection, "keep-alive");
    assert.equal(first.socket, second.socket);
  });

  it("ends a running request before it closes, and leaves no connection", async () => {
    faults.begin(2, { kind: "api", effect: "latency", delayMs: 200 });
    const running = ask("/locations");
    await eventually(() => faults.hits(2) === 1, "the request has arrived", { everyMs: 5 });
    const began = performance.now();
    const closed = cloud.api.close();
    assert.equal((await running).statusCode, 200);
    await closed;
    faults.end(2);
    assert.ok(performance.now() - began < 5_000, "does not wait for idle connections");
    await assert.rejects(ask("/locations"), /ECONNREFUSED|ECONNRESET|socket hang up/);
  });

  it("lets a request go that a fault would hold for ever", async () => {
    faults.begin(3, { kind: "api", effect: "no-answer" });
    const held = ask("/locations");
    await eventually(() => faults.hits(3) === 1, "the request has arrived", { everyMs: 5 });
    await cloud.api.close();
    await assert.rejects(held, /socket hang up|ECONNRESET/);
    faults.end(3);
  });
});
