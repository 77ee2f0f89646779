import assert from "node:assert/strict";
import { planReplicas } from "../../../../components/roles/app/replicas";
import { traefikDynamic, traefikStatic } from "../../../../components/roles/app/traefik";
import { ensureTool } from "../../../../toolchain/build";
import { services } from "../app/support/stack";
import { whyNoDebian13 } from "./support/debian13";
import { edgeOptions } from "./support/options";
import { replacedReplicasScenario, replicaProgram } from "./support/replacedReplicas";
import { runScenario } from "./support/scenario";

/** Requests without an answer of 200, by the method. */
type Failed = Readonly<Partial<Record<"GET" | "POST", number>>>;

interface Replaced {
  readonly ready: boolean;
  readonly asked: boolean;
  readonly replaced: boolean;
  readonly posts: number;
  readonly mostExecutions: { readonly GET: number; readonly POST: number };
  readonly undone: readonly string[];
  readonly failed: Readonly<Record<"idle" | "replaced" | "killed", Failed>>;
  readonly examples: readonly unknown[];
  readonly visitors: number;
  readonly log: string;
}

/** Each node has a container network of its own with the same addresses; here they share one. */
const elsewhere = (text: string) => text.replaceAll("172.20.", "172.21.");

/** A service of which only the image and the route are known, two replicas on each of two nodes. */
function parts(binary: string) {
  const { web } = services;
  assert.ok(web !== undefined);
  const stack = { web: { ...web, replicas: 2, healthPath: "/up/" } };
  const replicas = planReplicas(stack);
  const addresses = replicas.map(({ address }) => address);
  const dynamic = traefikDynamic(stack, replicas, "www.example.com")
    .replaceAll('"interval": "2s"', '"interval": "200ms"')
    .replaceAll('"unhealthyInterval": "1s"', '"unhealthyInterval": "100ms"');
  const entry = (node: string) =>
    traefikStatic(node, ["10.0.1.11"])
      .replace(`${node}:80`, `${node}:8080`)
      .replace("/etc/traefik/dynamic", `/tmp/traefik/${node}/dynamic`);
  return {
    files: {
      "/tmp/replica.py": replicaProgram,
      "/tmp/replicas.json": JSON.stringify([...addresses, ...addresses.map(elsewhere)]),
      "/tmp/traefik/10.0.2.11/traefik.yaml": entry("10.0.2.11"),
      "/tmp/traefik/10.0.2.11/dynamic/services.yaml": dynamic,
      "/tmp/traefik/10.0.2.12/traefik.yaml": entry("10.0.2.12"),
      "/tmp/traefik/10.0.2.12/dynamic/services.yaml": elsewhere(dynamic),
    },
    programs: { "/tmp/traefik-program": binary },
  };
}

describe("requests without pause while replicas end connections, are replaced and die, through the real proxies", function () {
  this.timeout(1_800_000);
  let result: Replaced;
  before(async function () {
    if (whyNoDebian13() !== undefined) this.skip();
    const binary = await ensureTool("traefik", (line) => console.log(`    ${line}`));
    result = await runScenario<Replaced>(
      "haproxy",
      replacedReplicasScenario,
      edgeOptions,
      undefined,
      parts(binary),
    );
    assert.ok(result.ready && result.asked, result.log);
    assert.ok(result.posts > 2000, `${result.posts} POSTs`);
  });

  const told = () => `${JSON.stringify([result.failed, result.examples])}\n${result.log}`;

  it("no POST is lost by an idle connection that ends, and no GET", () =>
    assert.deepEqual(result.failed.idle, {}, told()));

  it("none is lost while replicas that announce their stop are replaced one by one", () => {
    assert.ok(result.replaced, "a new replica got no request");
    assert.deepEqual(result.failed.replaced, {}, told());
  });

  it("a replica that is killed costs the POSTs that it was working on, and no GET", () => {
    const { GET = 0, POST = 0 } = result.failed.killed;
    assert.equal(GET, 0, told());
    assert.ok(POST <= result.visitors, told());
  });

  it("no POST is done twice, no GET more than twice, and none that was answered not at all", () => {
    assert.equal(result.mostExecutions.POST, 1);
    assert.ok(result.mostExecutions.GET <= 2, `${result.mostExecutions.GET} times`);
    assert.deepEqual(result.undone, []);
  });
});
