import assert from "node:assert/strict";
import { once } from "node:events";
import { Agent, get, type IncomingMessage } from "node:http";
import { connect } from "node:net";
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

  it("answers the same whether it keeps the answer or makes it anew", async () => {
    const kept = await ask("/locations?name=fsn1");
    // While there is a fault, even one that meets nobody, every answer is made anew.
    faults.begin(1, { kind: "api", effect: "latency", delayMs: 0, pattern: "POST /servers" });
    const anew = await ask("/locations?name=fsn1");
    faults.end(1);
    assert.equal(kept.text, anew.text);
    const told = ({ headers }: IncomingMessage) => {
      const { date: _date, "x-correlation-id": id, "ratelimit-remaining": left, ...same } = headers;
      assert.match(String(id), /^[0-9a-f]{16}$/);
      assert.ok(Number(left) > 0);
      return same;
    };
    assert.deepEqual(told(kept), told(anew));
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

  /** What comes back for these bytes, until the server ends the connection or says that it goes on. */
  const wire = (text: string) =>
    new Promise<string>((resolve, reject) => {
      const socket = connect(port, "127.0.0.1", () => socket.write(text));
      let heard = "";
      socket.on("data", (part) => {
        heard += part;
        if (heard.includes("\r\n\r\n")) socket.end();
      });
      socket.on("close", () => resolve(heard));
      socket.on("error", reject);
    });
  const head = (line: string, ...more: readonly string[]) =>
    [`${line} HTTP/1.1`, "host: cloud", `authorization: Bearer ${TOKEN}`, ...more, "", ""].join("\r\n");

  it("says why it does not read a body that is too large, or one that is no JSON", async () => {
    const large = "x".repeat(1024 * 1024 + 1);
    const heard = await wire(head("POST /v1/ssh_keys", `content-length: ${large.length}`) + large);
    assert.match(heard, /^HTTP\/1\.1 400 [\s\S]*"json_error"[\s\S]*more than 1048576 bytes/);
    assert.match(await wire(`${head("POST /v1/ssh_keys", "content-length: 1")}[`), /^HTTP\/1\.1 400 /);
  });

  it("reads a body in chunks, with any content type", async () => {
    const body = '{"name":"\u00e9"}';
    const bytes = Buffer.from(body).length.toString(16);
    const chunked = head(
      "POST /v1/placement_groups",
      "content-type: text/plain",
      "transfer-encoding: chunked",
    );
    const heard = await wire(`${chunked}${bytes}\r\n${body}\r\n0\r\n\r\n`);
    assert.match(heard, /^HTTP\/1\.1 422 [\s\S]*'type'/);
  });

  it("goes on when a client leaves in the middle of its request", async () => {
    const left = connect(port, "127.0.0.1");
    left.write(head("POST /v1/ssh_keys", "content-length: 100", "expect: 100-continue"));
    // The server waits for the body now.
    await once(left, "data");
    left.destroy();
    assert.equal((await ask("/locations")).statusCode, 200);
    await eventually(
      () => cloud.log.some(({ status }) => status === 400),
      "the request that ended early is logged",
    );
    assert.deepEqual(cloud.problems, []);
  });

  it("finds nothing at an address that is none, and nothing by a method that is none", async () => {
    for (const line of ["GET /v1/servers/%zz", "OPTIONS /v1/servers", "GET /%"]) {
      assert.match(await wire(head(line)), /^HTTP\/1\.1 404 [\s\S]*"not_found"/, line);
    }
  });
});
