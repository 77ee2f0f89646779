import assert from "node:assert/strict";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { execa } from "execa";
import { planReplicas } from "../../../../components/roles/app/replicas";
import { traefikDynamic } from "../../../../components/roles/app/traefik";
import { ensureTool } from "../../../../toolchain/build";
import { services } from "./support/stack";

interface Forwarded {
  readonly host: string;
  readonly "x-forwarded-for": string;
  readonly "x-forwarded-proto": string;
}

interface TraefikResult {
  readonly up: boolean;
  readonly routes: Record<string, string[]>;
  readonly fromLoadBalancer: Forwarded;
  readonly fromOther: Forwarded;
  readonly draining: boolean;
  readonly backAgain: boolean;
  /** What went wrong, not only how often. */
  readonly failuresAfterKill: readonly object[];
  readonly notReady: boolean;
  readonly apiWithoutWeb: string[];
  readonly pingWithoutWeb: number;
  readonly scaled: boolean;
  readonly announcesStop: boolean;
  readonly servesWhileStopping: number;
  readonly exitCode: number;
  readonly log: string[];
}

describe("S0-9 traefik, the real one", function () {
  this.timeout(1_800_000);
  let result: TraefikResult;

  before(async function () {
    if (process.platform !== "linux" || process.getuid?.() !== 0) this.skip();
    const binary = await ensureTool("traefik", (line) => console.log(`    ${line}`));
    const folder = await mkdtemp(join(tmpdir(), "traefik-"));
    const scenario = join(__dirname, "support", "traefikScenario.ts");
    const isolated = ["--net", "--pid", "--fork", "--kill-child", process.execPath, "--import=tsx"];
    const { all = "" } = await execa("unshare", [...isolated, scenario, binary, folder], {
      reject: false,
      all: true,
      timeout: 120_000,
    });
    await rm(folder, { recursive: true, force: true });
    const line = all.split("\n").find((text) => text.startsWith("RESULT "));
    assert.ok(line !== undefined, all);
    result = JSON.parse(line.slice("RESULT ".length));
  });

  it("takes the rendered files without an error", () => {
    assert.ok(result.up);
    assert.deepEqual(result.log, []);
  });

  it("routes by host and by the longest path prefix to all replicas", () => {
    const web = ["web-1", "web-2"];
    assert.deepEqual(result.routes, {
      "/": web,
      "/page": web,
      "/api": ["api-1", "api-2"],
      "/api/items": ["api-1", "api-2"],
      "/apiary": web,
      "/admin/users": ["admin-1"],
      "shop /": ["shop-1"],
    });
  });

  it("believes forwarded headers from the load balancers alone, and passes the host", () => {
    assert.equal(result.fromLoadBalancer["x-forwarded-for"], "192.0.2.1, 10.0.1.11");
    assert.equal(result.fromLoadBalancer["x-forwarded-proto"], "https");
    assert.equal(result.fromLoadBalancer.host, "www.example.com");
    assert.equal(result.fromOther["x-forwarded-for"], "10.0.2.11");
    assert.equal(result.fromOther["x-forwarded-proto"], "http");
  });

  it("takes a replica out when its readiness fails, and back in when it recovers", () => {
    assert.ok(result.draining);
    assert.ok(result.backAgain);
  });

  it("loses no request of the load balancers when a replica dies", () =>
    assert.deepEqual(result.failuresAfterKill, []));

  it("is not ready without a web replica, while other services go on", () => {
    assert.ok(result.notReady);
    assert.deepEqual(result.apiWithoutWeb, ["api-1", "api-2"]);
    assert.equal(result.pingWithoutWeb, 200);
  });

  it("follows a changed file without a restart", () => assert.ok(result.scaled));

  it("announces its stop and serves until the load balancers have noticed", () => {
    assert.ok(result.announcesStop);
    assert.equal(result.servesWhileStopping, 200);
    assert.equal(result.exitCode, 0);
  });
});

describe("traefik's files", () => {
  it("S0-8 have no route and no address for workers", () => {
    const text = traefikDynamic(services, planReplicas(services), "www.example.com");
    assert.ok(!text.includes("worker"));
    const workers = planReplicas(services).filter((replica) => replica.serviceName === "worker");
    for (const { address } of workers) assert.ok(!text.includes(address));
  });

  it("fail when no service could answer visitors", () => {
    const { worker } = services;
    assert.ok(worker !== undefined);
    assert.throws(
      () => traefikDynamic({ worker }, [], "www.example.com"),
      /no service has a port and a path prefix/,
    );
  });

  it("fail when a route would break out of its rule", () => {
    const { web } = services;
    assert.ok(web !== undefined);
    const evil = { web: { ...web, pathPrefix: "/`) || Path(`/" } };
    assert.throws(
      () => traefikDynamic(evil, planReplicas(evil), "www.example.com"),
      /must not contain a backtick/,
    );
  });
});
