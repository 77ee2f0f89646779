import assert from "node:assert/strict";
import { KeptConnections } from "../../../../components/roles/app/keptConnections";
import { planReplicas } from "../../../../components/roles/app/replicas";
import { traefikDynamic } from "../../../../components/roles/app/traefik";
import { ensureTool } from "../../../../toolchain/build";
import { services as stackServices } from "../app/support/stack";
import { chainFiles, chainScenario } from "./support/chain";
import { whyNoDebian13 } from "./support/debian13";
import { edgeOptions } from "./support/options";
import { runScenario } from "./support/scenario";

interface ChainResult {
  readonly ready: boolean;
  readonly forwarded: Record<string, string>;
  /** Under a reload of the load balancer. */
  readonly upload: [number, { received: number }];
  readonly reloaded: boolean;
  /** The answer to the upgrade, whether the key was right, and whether a frame came back. */
  readonly webSocket: [string, boolean, boolean];
  /** Whether another frame came back after the reload, and a silence longer than limits for requests. */
  readonly webSocketLater: boolean | string;
  readonly reset: [number, number];
  /** The same when many connections to each replica are idle. */
  readonly resetOfMany: [number, number];
  /** Answers after its death, and every status that visitors saw. */
  readonly replicaDies: [number, readonly number[]];
  readonly noContent: [boolean, number];
  readonly unready: boolean;
  readonly allUnready: readonly number[];
  readonly tellsNobody: boolean;
  readonly readyAgain: boolean;
  readonly internal: Readonly<Record<string, number>>;
  readonly log: string;
}

/** A health path as frameworks write them. */
function stack(keepConnections: KeptConnections | undefined) {
  const { web } = stackServices;
  assert.ok(web !== undefined);
  const services = { web: { ...web, healthPath: "/up/", keepConnections } };
  const replicas = planReplicas(services);
  return { replicas, dynamic: traefikDynamic(services, replicas, "www.example.com") };
}

/** Limits of half a minute and more become 2 s, what a reload leaves to open connections a thirtieth, and the load balancer comes from its own address. */
function scaled(config: string): string {
  return config
    .replace("defaults\n", "defaults\n  source 10.0.1.11\n")
    .replace("proxy_http_version 1.1;", "proxy_http_version 1.1;\n  proxy_bind 10.0.1.11;")
    .replaceAll(/(timeout (?:client|server|http-request)) (?:30|10)s/g, "$1 2s")
    .replace(
      /(hard-stop-after|worker_shutdown_timeout) (\d+)s/,
      (_, name, seconds) => `${name} ${Number(seconds) / 30}s`,
    )
    .replaceAll(/((?:client_body|client_header|proxy_read|proxy_send)_timeout) [13]0s/g, "$1 2s");
}

const ways: readonly (readonly [engine: string, keepConnections: KeptConnections | undefined])[] = [
  ["haproxy", undefined],
  ["nginx", KeptConnections.None],
  ["haproxy", KeptConnections.All],
];

for (const [engine, keepConnections] of ways) {
  describe(`from a visitor through ${engine} and Traefik to a replica, connections kept: ${keepConnections ?? "as usual"}`, function () {
    this.timeout(1_800_000);
    let result: ChainResult;
    before(async function () {
      if (whyNoDebian13() !== undefined) this.skip();
      const binary = await ensureTool("traefik", (line) => console.log(`    ${line}`));
      const { replicas, dynamic } = stack(keepConnections);
      const addresses = replicas.map(({ address }) => address);
      result = await runScenario<ChainResult>(engine, chainScenario, edgeOptions, scaled, {
        files: chainFiles(dynamic, addresses),
        programs: { "/tmp/traefik-program": binary },
      });
    });

    it("an application that answers only to its own name, under a path with a slash at its end, is healthy", () =>
      assert.ok(result.ready, result.log));

    it("S3-45, S4-19: the application learns the visitor's address, whatever the visitor says", () => {
      assert.equal(result.forwarded["x-real-ip"], "192.0.2.9", result.log);
      assert.equal(result.forwarded["x-forwarded-for"], "192.0.2.9, 10.0.1.11");
      assert.equal(result.forwarded["x-forwarded-proto"], "http");
      assert.equal(result.forwarded["x-forwarded-port"], "80");
      assert.equal(result.forwarded.forwarded, undefined);
      assert.equal(result.forwarded.host, "www.example.com");
    });

    it("an upload may take longer than every limit, as long as something of it arrives, and goes on over a reload", () => {
      const [status, { received }] = result.upload;
      assert.ok(result.reloaded, result.log);
      assert.deepEqual([status, received], [200, 200_000], result.log);
    });

    it("S3-44: a WebSocket goes through to a replica and back, also after a silence and over a reload", () => {
      assert.deepEqual(result.webSocket, ["HTTP/1.1 101 Switching Protocols", true, true], result.log);
      assert.equal(result.webSocketLater, true, result.log);
    });

    // After requests one by one each of two nodes has one idle connection, which Go tries before a new one.
    const most = keepConnections === KeptConnections.None ? 2 : 4;
    it(`a GET whose connection breaks is done ${most === 2 ? "twice" : "four times"} at the most`, () => {
      const [status, executions] = result.reset;
      assert.equal(status, 502);
      assert.ok(executions <= most, `${executions} times`);
    });

    // One of Traefik's 8 idle connections after the other and a new one, on each node.
    const mostOfMany = keepConnections === KeptConnections.None ? 2 : 18;
    it(`and after many requests at the same time ${mostOfMany} times at the most`, () => {
      const [status, executions] = result.resetOfMany;
      assert.equal(status, 502);
      assert.ok(executions <= mostOfMany, `${executions} times`);
    });

    it("S0-9: a replica dies, and no visitor notices", () => {
      const [answers, statuses] = result.replicaDies;
      assert.ok(answers > 50, `${answers} answers after its death`);
      assert.deepEqual(statuses, [200], result.log);
    });

    it("no spelling of the platform's own paths reaches the platform", () =>
      assert.deepEqual([...new Set(Object.values(result.internal))], [404], JSON.stringify(result.internal)));

    it("204 is healthy", () => assert.deepEqual(result.noContent, [true, 200], result.log));

    it("replicas that all say they are not ready are asked all the same", () => {
      assert.ok(result.unready && result.readyAgain, result.log);
      assert.deepEqual(result.allUnready, [200], result.log);
      assert.ok(result.tellsNobody);
    });
  });
}
