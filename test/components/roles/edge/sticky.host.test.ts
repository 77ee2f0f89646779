import assert from "node:assert/strict";
import { planReplicas } from "../../../../components/roles/app/replicas";
import { traefikDynamic, traefikStatic } from "../../../../components/roles/app/traefik";
import { ensureTool } from "../../../../toolchain/build";
import { services as stackServices } from "../app/support/stack";
import { whyNoDebian13 } from "./support/debian13";
import { edgeOptions } from "./support/options";
import { runScenario } from "./support/scenario";
import { stickyScenario } from "./support/sticky";

interface StickyResult {
  /** Visitors without cookies come to all four replicas. */
  readonly strangers: boolean;
  readonly reads: readonly string[];
  readonly writes: readonly string[];
  /** Cookies that a visitor was told, and those that its requests bring to the application. */
  readonly told: readonly string[];
  readonly shown: string;
  readonly whileItDies: readonly boolean[];
  readonly gone: string;
  readonly afterwards: readonly string[];
  readonly log: string;
}

const elsewhere = (text: string) => text.replaceAll("172.20.", "172.21.");

async function visits(sticky: boolean): Promise<StickyResult> {
  const { web } = stackServices;
  assert.ok(web !== undefined);
  const services = { web: { ...web, healthPath: "/up/", sticky } };
  const replicas = planReplicas(services);
  const dynamic = traefikDynamic(services, replicas, "www.example.com");
  const addresses = replicas.map(({ address }) => address);
  const entry = (node: string) =>
    traefikStatic(node, ["10.0.1.11"])
      .replace(`${node}:80`, `${node}:8080`)
      .replace("/etc/traefik/dynamic", `/tmp/traefik/${node}/dynamic`);
  const binary = await ensureTool("traefik", (line) => console.log(`    ${line}`));
  const fromEdge = (config: string) => config.replace("defaults\n", "defaults\n  source 10.0.1.11\n");
  return runScenario<StickyResult>("haproxy", stickyScenario, { ...edgeOptions, sticky }, fromEdge, {
    files: {
      "/tmp/replicas.json": JSON.stringify([...addresses, ...addresses.map(elsewhere)]),
      "/tmp/traefik/10.0.2.11/traefik.yaml": entry("10.0.2.11"),
      "/tmp/traefik/10.0.2.11/dynamic/services.yaml": dynamic,
      "/tmp/traefik/10.0.2.12/traefik.yaml": entry("10.0.2.12"),
      "/tmp/traefik/10.0.2.12/dynamic/services.yaml": elsewhere(dynamic),
    },
    programs: { "/tmp/traefik-program": binary },
  });
}

describe("sticky visitors of HAProxy and Traefik", function () {
  this.timeout(1_800_000);
  let off: StickyResult;
  let on: StickyResult;
  before(async function () {
    if (whyNoDebian13() !== undefined) this.skip();
    off = await visits(false);
    on = await visits(true);
  });

  it("S1-8: are nobody while it is off, and each stays with one replica when it is on", () => {
    assert.deepEqual(off.told, []);
    assert.ok(off.strangers && on.strangers, on.log);
    assert.ok(new Set(off.reads).size > 1, JSON.stringify(off.reads));
    assert.equal(new Set([...on.reads, ...on.writes]).size, 1, JSON.stringify(on));
  });

  it("are known by two cookies that no script and no other site gets, of which one is the application's to see", () => {
    assert.deepEqual(on.told.map((line) => line.split("=")[0]).sort(), ["platform-node", "platform-web"]);
    for (const line of on.told) assert.match(line, /; path=\/.*httponly.*samesite=lax/i);
    assert.match(on.shown, /^platform-web=[^;]+$/);
  });

  it("go to another replica, and stay there, when theirs is gone", () => {
    assert.deepEqual(on.whileItDies, [true], on.log);
    assert.equal(new Set(on.afterwards).size, 1, JSON.stringify(on.afterwards));
    assert.notEqual(on.afterwards[0], on.gone);
  });
});
