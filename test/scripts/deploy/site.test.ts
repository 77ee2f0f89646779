import assert from "node:assert/strict";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { problemOfSite } from "../../../scripts/deploy/site";

describe("problemOfSite", () => {
  const asked: { host?: string; url?: string; port?: number }[] = [];
  let statuses: number[] = [];
  let server: Server;
  let url: string;
  before(async () => {
    server = createServer((request, response) => {
      const { headers, url: path, socket } = request;
      asked.push({ host: headers.host, url: path, port: socket.remotePort });
      response.writeHead(statuses.shift() ?? 200).end();
    });
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    url = `http://www.example.com:${(server.address() as AddressInfo).port}/health`;
  });
  after(() => server.close());
  beforeEach(() => asked.splice(0));

  it("is none after five good answers in a row, each over a connection of its own", async () => {
    statuses = [200, 308, 200, 503, 200];
    assert.equal(await problemOfSite({ url, address: "127.0.0.1" }, 30), undefined);
    assert.equal(asked.length, 9);
    assert.equal(new Set(asked.map(({ port }) => port)).size, 9);
    assert.match(asked[0]?.host ?? "", /^www\.example\.com:/);
    assert.equal(asked[0]?.url, "/health");
  });

  it("is the last bad answer when it does not become well in time", async () => {
    statuses = Array.from({ length: 10 }, () => 404);
    assert.equal(await problemOfSite({ url, address: "127.0.0.1" }, 0), `${url}: answer 404`);
  });

  it("is that nobody answers there", async () => {
    const problem = await problemOfSite({ url: "http://www.example.com:1/", address: "127.0.0.1" }, 0);
    assert.match(problem ?? "", /^http:\/\/www\.example\.com:1\/: connect ECONNREFUSED/);
  });
});
