import assert from "node:assert/strict";
import { type MachinePlan, machinesOf } from "../../../components/plan/plan";
import { answersOverTls, certifiedServers, tierNeighbours } from "../../../components/plan/tiers";
import { planPlatform } from "../../../components/presets";
import { usualWebSettings } from "../../../components/roles/web/settings";
import { seedSettings } from "../../support/settings";

const encrypted = { ...seedSettings, mutualTls: ["requests" as const] };
const direct = planPlatform(encrypted);
const withWeb = planPlatform({ ...encrypted, web: { ...usualWebSettings, count: 2 } });
const names = (machines: readonly MachinePlan[] = []) => machines.map(({ name }) => name);

describe("tierNeighbours", () => {
  const of = (plan: typeof direct, role: string) => {
    const neighbours = tierNeighbours(plan, { role });
    return neighbours && [names(neighbours.servers), names(neighbours.clients)];
  };

  it("nobody has any where the settings say nothing", () => {
    const plan = planPlatform(seedSettings);
    assert.deepEqual(
      plan.machines.map((machine) => tierNeighbours(plan, machine)),
      plan.machines.map(() => undefined),
    );
    assert.ok(plan.flows.every((flow) => !("tls" in flow)));
  });

  const apps = ["app1", "app2"];
  const edges = ["edge1", "edge2"];
  const webs = ["web1", "web2"];
  const table: readonly (readonly [title: string, plan: typeof direct, role: string, expected: unknown])[] = [
    ["load balancers ask the app nodes, and nobody asks them", direct, "edge", [apps, []]],
    ["app nodes are asked by load balancers and by each other", direct, "app", [apps, [...edges, ...apps]]],
    ["stores have no part in requests", direct, "database", undefined],
    ["load balancers may ask those behind the web servers too", withWeb, "edge", [[...webs, ...apps], []]],
    [
      "web servers ask each other and the app nodes",
      withWeb,
      "web",
      [
        [...webs, ...apps],
        [...edges, ...webs],
      ],
    ],
    ["app nodes are asked by web servers too", withWeb, "app", [apps, [...edges, ...webs, ...apps]]],
  ];
  for (const [title, plan, role, expected] of table) {
    it(title, () => {
      const [servers, clients] = of(plan, role) ?? [];
      assert.deepEqual(servers && [servers.toSorted(), clients?.toSorted()], expected && sorted(expected));
    });
  }

  const sorted = (lists: unknown) => (lists as string[][]).map((list) => list.toSorted());
});

describe("overMutualTls", () => {
  it("no machine listens for plain requests any more", () => {
    for (const plan of [direct, withWeb]) {
      const requests = plan.flows.filter(({ purpose }) => /requests|is there another/.test(purpose));
      assert.ok(requests.length >= 2);
      for (const { port, tls, purpose } of requests) {
        assert.deepEqual([port, tls], [443, "mutual"], purpose);
        assert.match(purpose, /, mutual TLS$/);
      }
      assert.deepEqual(
        plan.flows.filter(({ port, to }) => port === 80 && to !== "edge"),
        [],
      );
    }
  });

  it("says of a role whether it answers that way, and by which address somebody is whom", () => {
    assert.deepEqual(
      ["edge", "app", "database"].map((role) => answersOverTls(direct, role)),
      [false, true, false],
    );
    const [edge] = machinesOf(direct, "edge");
    assert.ok(edge);
    const servers = [...certifiedServers(direct, edge)].map(([address, { hostname }]) => [address, hostname]);
    assert.deepEqual(servers, [
      ["10.0.2.11", "prod-app1"],
      ["10.0.2.12", "prod-app2"],
    ]);
  });
});
