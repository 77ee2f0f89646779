import assert from "node:assert/strict";
import { flowsTo } from "../../../../components/plan/flows";
import { planPlatform } from "../../../../components/presets";
import { leavingEdge } from "../../../../components/roles/edge/leaving";
import { datedPrices } from "../../../../components/sizing/prices";
import { parseSettings } from "../../../../components/stack/parse";
import { estimateCost } from "../../../../components/views/cost";
import { shellcheck } from "../../../support/shellcheck";
import { topology } from "./support/options";
import { record } from "./support/pair";

const managed = { mode: "managed", balancerAddress: "10.0.1.10" } as const;

const settingsOf = (edge: Readonly<Record<string, unknown>>) =>
  parseSettings(
    {
      domain: "www.example.com",
      adminRanges: ["8.8.8.8/32"],
      edge,
      app: { services: { shop: { image: "example/shop:1.0.0", port: 3000, pathPrefix: "/" } } },
    },
    "prod",
  );

describe("a pair behind Hetzner's load balancer", function () {
  this.timeout(20_000);

  it("has it in its network, with both machines as targets, whose health it asks and to whom it says who visits", async () => {
    const resources = await record(false, managed);
    const of = (kind: string) => resources.filter(({ type }) => type.endsWith(`:${kind}`));
    const [balancer] = of("LoadBalancer");
    assert.ok(balancer !== undefined);
    assert.deepEqual(
      [balancer.inputs.loadBalancerType, balancer.inputs.algorithm, balancer.protect],
      ["lb11", { type: "round_robin" }, true],
    );
    assert.equal(balancer.inputs.deleteProtection, true);
    assert.equal(of("LoadBalancerNetwork")[0]?.inputs.ip, "10.0.1.10");
    assert.deepEqual(
      of("LoadBalancerTarget").map(({ inputs }) => [inputs.type, inputs.usePrivateIp]),
      [
        ["server", true],
        ["server", true],
      ],
    );
    const services = of("LoadBalancerService").map(({ inputs }) => inputs);
    assert.deepEqual(
      services.map(({ protocol, listenPort, destinationPort, proxyprotocol }) => [
        ...[protocol, listenPort, destinationPort, proxyprotocol],
      ]),
      [
        ["tcp", 80, 80, true],
        ["tcp", 443, 443, true],
      ],
    );
    assert.deepEqual(
      services.map(({ healthCheck }) => (healthCheck as { readonly port: number }).port),
      [8404, 8404],
    );
  });

  it("keeps its floating IP, as the way in past it, and without the mode there is no such load balancer", async () => {
    const kinds = async (more: Parameters<typeof record>[1]) =>
      (await record(false, more)).map(({ type }) => type.split(":").at(-1));
    assert.ok((await kinds(managed)).includes("FloatingIp"));
    assert.ok(
      !(await kinds({})).some((kind) => kind?.startsWith("LoadBalancer") && kind !== "LoadBalancerPair"),
    );
  });

  it("fails without a place for it, with nginx, and with a type that nobody sells, all at once", async () => {
    const wrong = record(false, { mode: "managed", engine: "nginx", balancerType: "lb99" });
    await assert.rejects(wrong, /balancerAddress: got nothing[\s\S]*balancerType: got "lb99"[\s\S]*engine: /);
  });

  it("lets it ask for the machines' health, and nobody else of the network", () => {
    const plan = planPlatform(settingsOf({ mode: "managed" }));
    const asks = flowsTo(plan.flows, "edge").filter(({ port }) => port === 8404);
    assert.deepEqual(asks.map(({ from }) => from).sort(), ["10.0.1.10/32", "edge"]);
  });

  it("lets it in beside a CDN, whose visitors come through it", () => {
    const cdn = { ranges: ["192.0.2.0/24"] };
    const plan = planPlatform(settingsOf({ mode: "managed", cdn }));
    const tls = flowsTo(plan.flows, "edge").filter(({ port }) => port === 443);
    assert.deepEqual(tls.map(({ from }) => from).sort(), ["10.0.1.10/32", "192.0.2.0/24"]);
  });

  it("costs the load balancer beside the pair", () => {
    const prices = datedPrices("nbg1");
    assert.ok(prices !== undefined);
    const lines = (edge: Readonly<Record<string, unknown>>) =>
      estimateCost(planPlatform(settingsOf(edge)), "nbg1", prices).lines.map(({ item }) => item);
    const more = lines({ mode: "managed", balancerType: "lb21" }).filter((item) => !lines({}).includes(item));
    assert.deepEqual(more, ["load balancer LB21"]);
  });

  it("refuses what cannot go with it in a stack's file, and says what to do", () => {
    assert.throws(
      () => settingsOf({ mode: "managed", engine: "nginx" }),
      /edge\.engine[\s\S]*haproxy with edge\.mode: managed/,
    );
    assert.throws(
      () => settingsOf({ balancerType: "lb21" }),
      /edge\.balancerType[\s\S]*set edge\.mode: managed/,
    );
  });

  it("is told before a machine leaves for an upgrade, and after it", async () => {
    const { drain, undrain } = leavingEdge(topology.edge[1], undefined, false, true);
    assert.ok(
      drain.indexOf("leaving yes") >= 0 && drain.indexOf("leaving yes") < drain.indexOf("systemctl stop"),
    );
    assert.match(drain, /sleep 10/);
    assert.match(undrain, /start keepalived[\s\S]*leaving no/);
    await shellcheck(
      `#!/bin/bash\nset -euo pipefail\ndie() { echo "$1" >&2; exit 1; }\ndrain() {\n${drain}\n}\nundrain() {\n${undrain}\n}\ndrain\nundrain\n`,
    );
  });
});
