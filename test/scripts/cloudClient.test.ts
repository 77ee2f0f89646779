import assert from "node:assert/strict";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { cloudClient } from "../../scripts/cloudClient";

interface Answer {
  readonly status: number;
  readonly body: string;
}

const refusal = (status: number, code: string): Answer => ({
  status,
  body: JSON.stringify({ error: { code, message: code } }),
});

describe("cloudClient", () => {
  let server: Server;
  let asked: string[];
  let answers: Answer[];

  beforeEach(async () => {
    asked = [];
    answers = [];
    server = createServer((request, response) => {
      asked.push(`${request.method} ${request.url} ${request.headers.authorization}`);
      const { status, body } = answers.shift() ?? { status: 200, body: "{}" };
      response.writeHead(status).end(body);
    });
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  });

  afterEach(() => server.close());

  const client = (tries: Parameters<typeof cloudClient>[2] = {}) => {
    const { port } = server.address() as AddressInfo;
    return cloudClient(`http://127.0.0.1:${port}/v1/`, "planted", { minTimeout: 1, maxTimeout: 2, ...tries });
  };

  it("asks with the token, and answers what it was told", async () => {
    answers = [{ status: 200, body: '{"servers":[]}' }];
    assert.deepEqual(await client()("GET", "/servers"), { servers: [] });
    assert.deepEqual(asked, ["GET /v1/servers Bearer planted"]);
  });

  it("answers undefined for what does not exist and for what has no text", async () => {
    answers = [refusal(404, "not_found"), { status: 204, body: "" }];
    assert.equal(await client()("GET", "/servers/1"), undefined);
    assert.equal(await client()("DELETE", "/ssh_keys/1"), undefined);
  });

  it("tells of an address where nothing can be made, as of an API that is another one", async () => {
    answers = [{ status: 404, body: "no such page" }];
    await assert.rejects(client()("POST", "/zones", {}), /^CloudRefusal: POST \/zones: 404 no such page/);
  });

  for (const [status, code] of [
    [423, "locked"],
    [409, "conflict"],
    [429, "rate_limit_exceeded"],
  ] as const) {
    it(`asks again what was refused with ${code}, until it is granted`, async () => {
      answers = [refusal(status, code), refusal(status, code), { status: 201, body: '{"action":{"id":1}}' }];
      assert.deepEqual(await client()("DELETE", "/servers/1"), { action: { id: 1 } });
      assert.equal(asked.length, 3);
    });
  }

  it("gives up with the refusal itself when it does not pass", async () => {
    answers = Array.from({ length: 3 }, () => refusal(423, "locked"));
    await assert.rejects(
      client({ retries: 2 })("DELETE", "/servers/1"),
      /^CloudRefusal: DELETE \/servers\/1: 423 .*locked/,
    );
    assert.equal(asked.length, 3);
  });

  for (const answer of [
    refusal(401, "unauthorized"),
    refusal(423, "protected"),
    { status: 502, body: "<html>bad gateway</html>" },
  ]) {
    it(`asks once when the answer is ${answer.status} ${answer.body}`, async () => {
      answers = [answer];
      await assert.rejects(
        client()("DELETE", "/servers/1"),
        new RegExp(`DELETE /servers/1: ${answer.status} `),
      );
      assert.equal(asked.length, 1);
    });
  }
});
