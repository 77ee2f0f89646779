import assert from "node:assert/strict";
import type { EdgeOptions } from "../../../../components/roles/edge/edge";
import { haproxyConfig } from "../../../../components/roles/edge/haproxy";
import { nginxConfig } from "../../../../components/roles/edge/nginx";
import type { OtherHosts } from "../../../../components/roles/edge/settings";
import { inDebian13, whyNoDebian13 } from "./support/debian13";
import { certificatePem, edgeOptions } from "./support/options";
import { allowedFor, runScenario } from "./support/scenario";
import { trafficScenario } from "./support/traffic";

interface TrafficResult {
  readonly healthy: boolean;
  readonly share: Record<string, number>;
  readonly forwarded: Record<string, string>;
  readonly edgeHeader: string;
  readonly requestIds: number;
  readonly internal: number;
  readonly stateWithoutKey: number;
  readonly stateWithKey: [number, string];
  readonly privateState: string;
  readonly alive: number;
  readonly getsAnsweredByOther: unknown[];
  readonly postsSeen: number;
  readonly failuresAfterKill: unknown[];
  readonly postFailuresAfterKill: unknown[];
  readonly bothServe: boolean;
  readonly back: boolean;
  readonly unhealthyWithoutNodes: boolean;
  readonly healthyAgain: boolean;
  readonly reload?: {
    readonly status: number;
    readonly output: string;
    readonly newWorker: boolean;
    readonly drained: boolean;
    readonly failed: number;
    readonly requests: number;
  };
  /** Nodes that answered on kept connections. */
  readonly beforeRemoval?: readonly string[];
  /** Status, node, `Connection` header and seconds of the next answer on each of them. */
  readonly afterRemoval?: readonly [number, string, string | null, number][];
  readonly oldWorkerEnds?: boolean;
  readonly badReload?: number;
  readonly servesAfterBadReload?: number;
  readonly log: string;
}

for (const engine of ["haproxy", "nginx"]) {
  describe(`S0-1 traffic through ${engine} of Debian 13`, function () {
    this.timeout(600_000);
    let result: TrafficResult & { readonly late: number };
    before(async function () {
      if (whyNoDebian13() !== undefined) this.skip();
      result = await runScenario<TrafficResult>(engine, trafficScenario);
    });

    it("is healthy while an app node answers, and only then", () => {
      assert.ok(result.healthy, result.log);
      assert.ok(result.unhealthyWithoutNodes);
      assert.ok(result.healthyAgain);
      assert.equal(result.alive, 200);
    });

    it("S0-24 spreads requests evenly", () => {
      const { app1 = 0, app2 = 0 } = result.share;
      assert.equal(app1 + app2, 400);
      assert.ok(Math.abs(app1 - 200) <= 10, JSON.stringify(result.share));
    });

    it("tells the application who the visitor is, whatever the visitor says", () => {
      assert.equal(result.forwarded["x-forwarded-for"], "127.0.0.1");
      assert.equal(result.forwarded["x-forwarded-proto"], "http");
      assert.equal(result.forwarded.forwarded, undefined);
      assert.equal(result.forwarded["x-real-ip"], "127.0.0.1");
      assert.match(result.forwarded["x-request-id"] ?? "", /^[0-9a-f-]{32,36}$/);
      assert.equal(result.requestIds, 20);
      assert.equal(result.edgeHeader, "edge1");
    });

    it("hides the platform's own paths, and shows its state to the peer alone", () => {
      assert.equal(result.internal, 404);
      assert.equal(result.stateWithoutKey, 404);
      assert.deepEqual(result.stateWithKey, [200, "agent"]);
      assert.equal(result.privateState, "agent");
    });

    it(`${engine === "nginx" ? "S1-19 " : ""}asks another node instead of answering 503, and repeats no POST`, () => {
      assert.deepEqual(result.getsAnsweredByOther, [], result.log);
      assert.equal(result.postsSeen, 1);
    });

    it("S0-20 loses no request when an app node dies, and takes it back", () => {
      assert.deepEqual(result.failuresAfterKill, [], result.log);
      assert.deepEqual(result.postFailuresAfterKill, [], result.log);
      assert.ok(result.bothServe && result.back);
    });

    if (engine !== "haproxy") return;
    it("S1-42 reloads without losing a request or forgetting a drained node", () => {
      assert.equal(result.reload?.status, 0, result.reload?.output);
      assert.ok(result.reload?.newWorker);
      assert.ok(result.reload?.drained, "the node is no longer drained");
      assert.ok((result.reload?.requests ?? 0) > 20);
      assert.equal(result.reload?.failed, 0);
    });

    it("sends nothing more to a node that a reload removes, not even from connections that are open", () => {
      assert.ok(result.beforeRemoval?.includes("app2"), "both nodes served the connections");
      assert.equal(result.afterRemoval?.length, 8);
      for (const [status, node, connection, seconds] of result.afterRemoval ?? []) {
        assert.deepEqual([status, node, connection], [200, "app1", "close"]);
        assert.ok(seconds < 1 + allowedFor(result), `answered after ${seconds} s, late by ${result.late} s`);
      }
      assert.ok(result.oldWorkerEnds, "the old worker ends with its last connection");
    });

    it("says so when a reload fails, and goes on with what ran", () => {
      assert.notEqual(result.badReload, 0);
      assert.equal(result.servesAfterBadReload, 200);
    });
  });
}

const commands = {
  haproxy: "haproxy -D -f /etc/haproxy/haproxy.cfg",
  nginx: "nginx -c /etc/platform/nginx.conf",
};

/** Visits that print status, HTTP version and where they are sent, one a line. */
async function visits(engine: "haproxy" | "nginx", options: EdgeOptions, script: string): Promise<string[]> {
  const { output } = await inDebian13(
    `ip address add ${edgeOptions.machine.privateIp}/32 dev lo
${commands[engine]} >/dev/null 2>&1
visit() { curl -sk -o /dev/null -w '%{http_code} %{http_version} %{redirect_url}\\n' --retry 20 --retry-connrefused --retry-delay 1 "$@"; }
until curl -s -o /dev/null http://127.0.0.1:8404/alive; do sleep 0.1; done
as() { curl -s -o /dev/null -w '%{http_code} %{redirect_url}\\n' -H "Host: $1" "http://127.0.0.1/page?q=1"; }
${script}`,
    {
      "/etc/haproxy/haproxy.cfg": haproxyConfig(options),
      "/etc/platform/nginx.conf": nginxConfig(options),
      ...(options.certificate === undefined ? {} : { "/etc/platform/secrets/site.pem": options.certificate }),
    },
  );
  return output.trim().split("\n");
}

describe("HTTPS", function () {
  this.timeout(600_000);
  before(function () {
    if (whyNoDebian13() !== undefined) this.skip();
  });
  for (const engine of ["haproxy", "nginx"] as const) {
    it(`${engine === "nginx" ? "S3-8, " : ""}S3-34, S3-37, S3-51, S4-8: is offered by ${engine} with TLS 1.2 and 1.3 and HTTP/2, and HTTP leads there for good, with path, query and method, to a name that the platform has`, async () => {
      const options = { ...edgeOptions, certificate: certificatePem() };
      const seen = await visits(
        engine,
        options,
        `visit 'http://127.0.0.1/page?q=1&r=a%20b'
visit -X POST -d a=1 http://127.0.0.1/page
visit -H 'Host: shop.example.com' http://127.0.0.1/page
visit --tlsv1.3 https://127.0.0.1/.platform/ready
visit --tls-max 1.2 https://127.0.0.1/.platform/ready
curl -sk --tls-max 1.1 https://127.0.0.1/ || echo refused`,
      );
      assert.deepEqual(seen, [
        // 308 is 301 that leaves a POST a POST (RFC 9110, section 15.4.9).
        "308 1.1 https://www.example.com/page?q=1&r=a%20b",
        "308 1.1 https://www.example.com/page",
        "308 1.1 https://shop.example.com/page",
        "404 2 ",
        "404 2 ",
        "refused",
      ]);
    });
  }
});

describe("visitors who ask for another name than the platform's", function () {
  this.timeout(600_000);
  before(function () {
    if (whyNoDebian13() !== undefined) this.skip();
  });
  const names =
    "as www.example.com; as WWW.Example.com:80; as shop.example.com; as 203.0.113.10; as other.example";
  // Nobody is behind the load balancer, so whoever is served gets 502 or 503.
  const served = "5xx";
  const cases: [OtherHosts, string][] = [
    ["serve", served],
    ["redirect", "308 http://www.example.com/page?q=1"],
    ["refuse", "421"],
  ];
  for (const engine of ["haproxy", "nginx"] as const) {
    for (const [otherHosts, answer] of cases) {
      it(`are given ${answer} by ${engine} with otherHosts: ${otherHosts}`, async () => {
        const seen = await visits(engine, { ...edgeOptions, otherHosts }, names);
        const short = seen.map((line) =>
          line
            .replace(/^50[23]/, served)
            .replace(" 1.1 ", " ")
            .trim(),
        );
        assert.deepEqual(short, [served, served, served, answer, answer]);
      });
    }
  }
});
