import assert from "node:assert/strict";
import { once } from "node:events";
import * as http2 from "node:http2";
import type { AddressInfo } from "node:net";
import { certificatePem } from "../../components/roles/edge/support/options";
import type { Site } from "./askers";
import { type Counted, type Manner, nameOf, problemsOf, sumOf } from "./tally";
import { visit } from "./visitors";

const manners: readonly Manner[] = (["HTTP/1.1", "HTTP/2"] as const).flatMap((protocol) =>
  (["kept", "new"] as const).map((connections) => ({ protocol, connections, rate: 50 })),
);

const zero: Counted = { requests: 0, failed: 0, repeated: 0, problems: {}, details: [] };

describe("visitors under changes", function () {
  this.timeout(30_000);
  const pem = certificatePem();
  let asked = 0;
  let answer: (stream: http2.Http2ServerResponse, request: http2.Http2ServerRequest) => void = () => {};
  const connections = new Map<string, number>();
  const sessions = new Set<http2.ServerHttp2Session>();
  const server = http2.createSecureServer({ cert: pem, key: pem, allowHTTP1: true }, (request, response) =>
    answer(response, request),
  );
  server.on("secureConnection", ({ alpnProtocol }) =>
    connections.set(String(alpnProtocol), (connections.get(String(alpnProtocol)) ?? 0) + 1),
  );
  server.on("session", (session) => {
    sessions.add(session);
    session.on("close", () => sessions.delete(session));
    session.on("error", () => {});
  });
  let site: Site;

  before(async () => {
    await once(server.listen(0, "127.0.0.1"), "listening");
    const { port } = server.address() as AddressInfo;
    const url = new URL(`https://www.example.com:${port}/page`);
    site = { url, address: "127.0.0.1", trusted: pem, patienceMs: 500 };
  });
  after(() => server.close());
  beforeEach(() => {
    connections.clear();
    asked = 0;
  });

  /** What those of one manner, or all, saw until there were so many answers. */
  async function seen(least: number, which = manners, trusted = pem) {
    const stop = new AbortController();
    const until = setInterval(() => {
      if (asked >= least) stop.abort();
    }, 10);
    const report = await visit({ ...site, trusted }, which, stop.signal, () => {});
    clearInterval(until);
    return report;
  }
  const good = (response: http2.Http2ServerResponse) => {
    asked += 1;
    response.end("page");
  };
  const only = (report: Awaited<ReturnType<typeof seen>>, manner: Manner) =>
    report.byManner[nameOf(manner)] ?? zero;
  const mannerOf = (protocol: Manner["protocol"], kind: Manner["connections"]) => ({
    ...{ protocol, connections: kind, rate: 100 },
  });

  it("come in four manners: over connections that are kept, and over new ones", async () => {
    answer = good;
    const report = await seen(80);
    const { requests, failed, repeated } = sumOf(report);
    assert.ok(requests >= 80, JSON.stringify(report));
    assert.deepEqual([failed, repeated, problemsOf(report)], [0, 0, []]);
    for (const manner of manners) assert.ok(only(report, manner).requests > 10, nameOf(manner));
    // A new one for each request, and at most as many besides as are asked at the same time.
    const news = (protocol: Manner["protocol"]) => only(report, mannerOf(protocol, "new")).requests;
    assert.ok((connections.get("h2") ?? 0) <= news("HTTP/2") + 4, JSON.stringify([...connections]));
    assert.ok((connections.get("http/1.1") ?? 0) < news("HTTP/1.1") + 10, JSON.stringify([...connections]));
  });

  for (const protocol of ["HTTP/1.1", "HTTP/2"] as const) {
    it(`${protocol}: count a bad answer, one that is cut and one that does not come`, async () => {
      const manner = mannerOf(protocol, "kept");
      answer = (response, request) => {
        asked += 1;
        if (asked === 10) response.writeHead(503);
        if (asked === 12) return;
        if (asked !== 14) return response.end("page");
        response.write("pa");
        setTimeout(() => (protocol === "HTTP/2" ? response.stream.close(2) : request.socket.destroy()), 50);
      };
      const { failed, problems, details } = only(await seen(40, [manner]), manner);
      assert.equal(failed, 3, JSON.stringify(problems));
      assert.equal(problems["503"], 1);
      assert.equal(problems["no answer"], 1);
      assert.equal(details.length, 3);
    });

    it(`${protocol}: believe only whom they trust`, async () => {
      answer = good;
      asked = 1000;
      const manner = mannerOf(protocol, "new");
      const stop = new AbortController();
      setTimeout(() => stop.abort(), 200);
      const report = await visit({ ...site, trusted: certificatePem() }, [manner], stop.signal, () => {});
      const { requests, failed } = only(report, manner);
      assert.ok(requests > 0 && failed === requests, JSON.stringify(report));
    });
  }

  it("HTTP/2: go on over a new connection when the server says that the old one ends, and nothing fails", async () => {
    const manner = mannerOf("HTTP/2", "kept");
    answer = (response) => {
      good(response);
      if (asked % 20 === 0) for (const session of sessions) session.close();
    };
    const report = await seen(100, [manner]);
    assert.deepEqual(problemsOf(report), []);
    assert.ok((connections.get("h2") ?? 0) > 8, JSON.stringify([...connections]));
  });

  it("HTTP/2: a connection that breaks under a request that was not answered costs it nothing where a browser asks again", async () => {
    const manner = mannerOf("HTTP/2", "kept");
    answer = (response) => {
      if (asked === 30) for (const session of sessions) session.destroy();
      good(response);
    };
    const { failed, repeated } = only(await seen(60, [manner]), manner);
    assert.equal(failed, 0);
    assert.ok(repeated >= 1);
  });
});
