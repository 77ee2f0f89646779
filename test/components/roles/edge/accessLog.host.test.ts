import assert from "node:assert/strict";
import { planReplicas } from "../../../../components/roles/app/replicas";
import { traefikDynamic, traefikStatic } from "../../../../components/roles/app/traefik";
import type { LoggedRequests } from "../../../../components/settings/accessLog";
import { fasterThan } from "../../../../components/setup/nginxLog";
import { ensureTool } from "../../../../toolchain/build";
import { services } from "../app/support/stack";
import { accessLogScenario } from "./support/accessLog";
import { whyNoDebian13 } from "./support/debian13";
import { edgeOptions } from "./support/options";
import { runScenario } from "./support/scenario";

interface Logged {
  readonly statuses: Readonly<Record<string, number>>;
  /** Of each path, the id with which it reached the replica. */
  readonly ids: Readonly<Record<string, string>>;
  /** Of each path, its lines. */
  readonly edge: Readonly<Record<string, readonly string[]>>;
  readonly node: Readonly<Record<string, readonly string[]>>;
  /** Paths that the load balancer logged as errors. */
  readonly errors: readonly string[];
  readonly log: string;
}

const slowerThanMs = 2000;

/** nginx logs to a socket of the machine. */
const intoFiles = (config: string) =>
  config.replaceAll(/syslog:server=\S+severity=(\w+)/g, "/tmp/nginx-$1.log");

async function logged(engine: string, edge: LoggedRequests, node: LoggedRequests): Promise<Logged> {
  const { web } = services;
  assert.ok(web !== undefined);
  const replicas = planReplicas({ web: { ...web, replicas: 1 } });
  const entry = traefikStatic("10.0.2.11", ["10.0.1.11"], { requests: node, slowerThanMs })
    .replace("10.0.2.11:80", "10.0.2.11:8080")
    .replace("/etc/traefik/dynamic", "/tmp/traefik/dynamic");
  const [backend] = edgeOptions.backends;
  assert.ok(backend !== undefined);
  const options = { ...edgeOptions, backends: [backend], accessLog: { requests: edge, slowerThanMs } };
  return runScenario<Logged>(engine, accessLogScenario, options, intoFiles, {
    files: {
      "/tmp/replica.json": JSON.stringify(replicas[0]?.address),
      "/tmp/traefik/traefik.yaml": entry,
      "/tmp/traefik/dynamic/services.yaml": traefikDynamic({ web }, replicas, "www.example.com"),
    },
    programs: { "/tmp/traefik-program": await ensureTool("traefik") },
  });
}

const pathsOf = (lines: Readonly<Record<string, readonly string[]>>) =>
  Object.keys(lines).filter((path) => (lines[path] ?? []).length > 0);

const all = ["/page", "/missing", "/slow", "/failed", "/busy"];
const worthALine = ["/slow", "/failed", "/busy"];

for (const engine of ["haproxy", "nginx"]) {
  const cases: readonly (readonly [LoggedRequests, readonly string[], LoggedRequests, readonly string[]])[] =
    [
      ["all", all, "failed", worthALine],
      ["failed", worthALine, "all", all],
      ["off", [], "off", []],
    ];
  for (const [edge, onEdge, node, onNode] of cases) {
    describe(`access logs of ${engine} (${edge}) and Traefik (${node})`, function () {
      this.timeout(1_800_000);
      let result: Logged;
      before(async function () {
        if (whyNoDebian13() !== undefined) this.skip();
        result = await logged(engine, edge, node);
        const expected = { "/page": 200, "/missing": 404, "/slow": 200, "/failed": 500, "/busy": 503 };
        for (const [path, status] of Object.entries(expected)) {
          assert.equal(result.statuses[path], status, result.log);
        }
      });

      it(`have one line for each of ${onEdge.length} requests on the edge and ${onNode.length} on the node`, () => {
        const seen = (lines: Logged["edge"]) => pathsOf(lines).filter((path) => all.includes(path));
        assert.deepEqual(seen(result.edge), onEdge, result.log);
        assert.deepEqual(seen(result.node), onNode, result.log);
        for (const path of onEdge) assert.equal(result.edge[path]?.length, 1, path);
        for (const path of onNode) assert.equal(result.node[path]?.length, 1, path);
      });

      it("name each request by the id that the application got, and never by a visitor's", () => {
        assert.equal(new Set(Object.values(result.ids)).size, Object.keys(result.ids).length);
        for (const lines of [result.edge, result.node]) {
          for (const path of pathsOf(lines).filter((one) => all.includes(one))) {
            assert.ok(lines[path]?.[0]?.includes(result.ids[path] ?? "no id"), `${path}: ${lines[path]}`);
          }
        }
        assert.ok(!JSON.stringify([result.edge, result.node]).includes("forged"));
      });

      if (edge !== "off") {
        it("call what failed an error, which journald counts apart from the rest", () =>
          assert.deepEqual(
            result.errors.filter((path) => all.includes(path)),
            ["/failed", "/busy"],
          ));
      }
    });
  }
}

describe("nginx's pattern for seconds below a limit", () => {
  for (const limit of [1, 9, 10, 99, 100, 250, 999, 1000, 1001, 1250, 2000, 10_000, 59_999, 60_000]) {
    it(`is right around ${limit} ms`, () => {
      const pattern = new RegExp(fasterThan(limit));
      const near = [0, 1, 99, 500, 999, 1000, 1999, 9999, 12_345, 60_001, 100_000, 1_000_000];
      for (const ms of [...near, limit - 2, limit - 1, limit, limit + 1, limit + 10].filter((n) => n >= 0)) {
        const text = `${Math.floor(ms / 1000)}.${String(ms % 1000).padStart(3, "0")}`;
        assert.equal(pattern.test(text), ms < limit, `${text} below ${limit} ms`);
      }
    });
  }
});
