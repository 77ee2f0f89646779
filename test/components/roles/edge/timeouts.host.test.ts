import assert from "node:assert/strict";
import { planReplicas } from "../../../../components/roles/app/replicas";
import { traefikDynamic } from "../../../../components/roles/app/traefik";
import { pairArgs } from "../../../../components/roles/edge/definition";
import { webArgs } from "../../../../components/roles/web/definition";
import { readContent } from "../../../../components/roles/web/inputs";
import { webConfig } from "../../../../components/roles/web/nginx";
import { parseSettings } from "../../../../components/stack/parse";
import { ensureTool } from "../../../../toolchain/build";
import { webOptions } from "../web/support/options";
import { surroundingsOf } from "../web/support/surroundings";
import { chainFiles } from "./support/chain";
import { whyNoDebian13 } from "./support/debian13";
import { edgeOptions } from "./support/options";
import { allowedFor, runScenario } from "./support/scenario";
import { timeoutsScenario } from "./support/timeouts";

interface Answer {
  readonly status: number;
  readonly seconds: number;
  /** What the visitor is told, and what the replica was. */
  readonly id?: string | null;
  readonly told?: string | null;
  readonly error?: string;
}

interface Result {
  readonly ready: boolean;
  readonly inTime: Answer;
  readonly tooLate: Answer;
  readonly kept: Answer;
  readonly shortInTime: Answer;
  readonly shortLate: Answer;
  readonly longInTime: Answer;
  readonly unread: Answer;
  readonly toNobody: Answer;
  readonly repeated: Readonly<Record<string, number>>;
  readonly log: string;
}

const service = { image: "example/shop:1.0.0", port: 3000, healthPath: "/up/" };
/** Behind web servers with the values of the dhanman deployment: a minute, where nobody says otherwise. */
const values = {
  domain: "www.example.com",
  adminRanges: ["8.8.8.8/32"],
  app: {
    services: {
      shop: { ...service, pathPrefix: "/" },
      short: { ...service, pathPrefix: "/short", timeoutSeconds: 3 },
      long: { ...service, pathPrefix: "/long", timeoutSeconds: 70 },
    },
  },
};

/** What each tier is told of it. */
function tiersOf(web: object | undefined) {
  const settings = parseSettings({ ...values, ...(web && { web }) }, "prod");
  const around = surroundingsOf(settings);
  const { timeoutSeconds } = pairArgs(settings.edge, around);
  assert.ok(timeoutSeconds !== undefined);
  const services = settings.web && readContent(webArgs(settings.web, around)).services;
  return { edge: timeoutSeconds, web: services ?? [], app: settings.app.services };
}

const platform = tiersOf({ profile: "dhanman" });

/** On another port than the load balancer, which comes from its own address: web servers believe nobody else. */
const inOneNetwork = (config: string) =>
  config
    .replaceAll(/(10\.0\.5\.\d+):80\b/g, "$1:8081")
    .replace("defaults\n", "defaults\n  source 10.0.1.11\n")
    .replace("proxy_http_version 1.1;", "proxy_http_version 1.1;\n  proxy_bind 10.0.1.11;");

/** The web server, on another port than the load balancer. @param port where it listens */
function webServer(name: string, port: number, node: string): string {
  const content = { ...webOptions.content, profile: "dhanman" as const, sites: {}, protectedPaths: {} };
  return webConfig({ ...webOptions, services: platform.web, nodes: [node], content })
    .replaceAll(/(10\.0\.2\.\d+):80\b/g, "$1:8080")
    .replaceAll("10.0.5.11:80", `10.0.5.11:${port}`)
    .replaceAll("unix:/dev/log", "unix:/tmp/nobody.sock")
    .replaceAll("127.0.0.1:8408", `127.0.0.1:${port + 330}`)
    .replaceAll("/var/lib/nginx/kept", `/tmp/kept-${name}`)
    .replace("pid /run/nginx.pid;", `pid /run/${name}.pid;`);
}

describe("how long a visitor waits, through load balancer, web server and Traefik", function () {
  this.timeout(300_000);
  const results = new Map<string, Result & { readonly late: number }>();
  before(async function () {
    if (whyNoDebian13() !== undefined) this.skip();
    const binary = await ensureTool("traefik", (line) => console.log(`    ${line}`));
    const replicas = planReplicas(platform.app);
    const dynamic = traefikDynamic(platform.app, replicas, "www.example.com");
    const addresses = replicas.map(({ address }) => address);
    const options = {
      ...edgeOptions,
      timeoutSeconds: platform.edge,
      backends: [{ name: "web1", address: "10.0.5.11" }],
    };
    // Each waits for more than a minute, and does nothing meanwhile.
    await Promise.all(
      ["haproxy", "nginx"].map(async (engine) => {
        const result = await runScenario<Result>(engine, timeoutsScenario, options, inOneNetwork, {
          files: {
            ...chainFiles(dynamic, addresses),
            "/etc/platform/web.conf": webServer("web", 8081, "10.0.2.11:80"),
            "/etc/platform/toNobody.conf": webServer("toNobody", 8082, "10.0.2.13:80"),
          },
          programs: { "/tmp/traefik-program": binary },
        });
        results.set(engine, result);
      }),
    );
  });
  const resultOf = (engine: string) => {
    const result = results.get(engine);
    assert.ok(result !== undefined);
    return result;
  };

  for (const engine of ["haproxy", "nginx"]) {
    it(`S3-47: is sixty seconds behind ${engine} by the values of the dhanman deployment, for connecting, sending and reading`, () => {
      const { ready, inTime, kept, tooLate, unread, toNobody, log, ...others } = resultOf(engine);
      assert.ok(ready, log);
      assert.deepEqual([inTime.status, kept.status], [200, 200], JSON.stringify([inTime, kept]));
      for (const answer of [tooLate, unread, toNobody]) {
        assert.equal(answer.status, 504, JSON.stringify(answer));
        const isInTime =
          answer.seconds > 59 && answer.seconds < 64 + allowedFor({ late: resultOf(engine).late });
        assert.ok(isInTime, JSON.stringify(answer));
      }
      assert.deepEqual(new Set(Object.values(others.repeated)), new Set([0, 1]));
    });

    it(`is what a service says, with ${engine} in front: less for one and more for another`, () => {
      const { shortInTime, shortLate, longInTime, late } = resultOf(engine);
      assert.deepEqual([shortInTime.status, shortLate.status, longInTime.status], [200, 504, 200]);
      assert.ok(
        shortLate.seconds > 2.9 && shortLate.seconds < 8 + allowedFor({ late }),
        `${shortLate.seconds} s`,
      );
    });

    it(`ends with an answer that names the id by which all tiers log it, from ${engine}`, () => {
      const { inTime, tooLate } = resultOf(engine);
      assert.match(tooLate.id ?? "", /^[0-9a-f-]{32,36}$/);
      assert.ok(inTime.id !== undefined && inTime.id !== null);
      assert.equal(inTime.id, inTime.told);
    });
  }

  it("is longer the farther a tier is from the service, so that the nearest gives up first", () => {
    const web = Object.fromEntries(platform.web.map(({ name, timeoutSeconds }) => [name, timeoutSeconds]));
    assert.deepEqual(web, { shop: 62, short: 5, long: 72 });
    assert.equal(platform.edge, 75);
    assert.equal(platform.app.shop?.timeoutSeconds, 60);
  });

  it("is half a minute without web servers and behind those of today, for whom it is not said", () => {
    assert.deepEqual(
      [tiersOf(undefined), tiersOf({})].map(({ edge, app }) => [edge, app.shop?.timeoutSeconds]),
      [
        [75, undefined],
        [75, undefined],
      ],
    );
  });
});
