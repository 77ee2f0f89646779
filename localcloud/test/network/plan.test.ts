import assert from "node:assert/strict";
import type { World } from "../../src/host/contract";
import { identities, planNetwork } from "../../src/network/plan";
import type { NetworkPlan, RouterPlan } from "../../src/network/planTypes";
import { routeText } from "../../src/network/routes";
import { identityOf, isOwnNamespace, metadataListener, routerAddress } from "../../src/settings/names";
import { balancer } from "../loadBalancers/specs";
import { labNetwork, labServer, labSettings, labWorld } from "../machines/lab";

describe("network plan", () => {
  const settings = labSettings("plan", 40);
  const one = labServer(settings, 1);
  const two = labServer(settings, 2);
  const hidden = labServer(settings, 3, { publicIpv4: null, publicIpv6: null });

  const planOf = (world: World, active = world.servers.map(({ id }) => id), ipv6 = true): NetworkPlan =>
    planNetwork({ world, active: new Set(active), settings, ipv6, uplinkMtu: 1400 });
  const router = (plan: NetworkPlan, namespace: string): RouterPlan => {
    const found = plan.routers.find((candidate) => candidate.namespace === namespace);
    assert.ok(found !== undefined, `no router ${namespace}`);
    return found;
  };
  const routes = (plan: NetworkPlan, namespace: string) => router(plan, namespace).routes.map(routeText);
  const links = (plan: NetworkPlan, namespace: string) =>
    router(plan, namespace).links.map(({ name }) => name);

  it("makes one namespace for each machine, router and outside client", () => {
    const plan = planOf(labWorld([one, two]));
    assert.deepEqual(plan.leaves, ["plan-internet", "plan-m1", "plan-m2"]);
    assert.deepEqual(
      plan.routers.map(({ namespace }) => namespace),
      ["plan-pub", "plan-n5"],
    );
  });

  it("gives a port to machines that run, and none to others", () => {
    const plan = planOf(labWorld([one, two]), [2]);
    assert.deepEqual(links(plan, "plan-pub"), ["host", "inet", "m2"]);
    assert.deepEqual(links(plan, "plan-n5"), ["uplink", "m2"]);
    assert.ok(!routes(plan, "plan-n5").some((route) => route.startsWith("10.0.1.11 ")));
  });

  it("has no public port for a server without public address, but a way to its metadata", () => {
    const plan = planOf(labWorld([hidden]));
    assert.deepEqual(links(plan, "plan-pub"), ["host", "inet"]);
    const link = router(plan, "plan-n5").links.find(({ name }) => name === "m3");
    assert.ok(link?.peer.setup.includes("route add 169.254.169.254 via 10.0.0.1 dev enp7s0"));
    const publicLink = router(planOf(labWorld([one])), "plan-n5").links.find(({ name }) => name === "m1");
    assert.ok(!publicLink?.peer.setup.some((line) => line.includes("169.254.169.254")));
  });

  it("gives a server with IPv6 alone an address for its metadata and the caches, and for nothing else", () => {
    const six = labServer(settings, 4, { publicIpv4: null, publicIpv6: "2001:db8:28:8::/64" });
    const source = identityOf(settings, 4);
    const plan = planOf(labWorld([one, six]));
    const { links: made, rules } = router(plan, "plan-pub");
    const setup = made.find(({ name }) => name === "m4")?.peer.setup ?? [];
    assert.ok(setup.includes(`address add ${source}/32 dev eth0`));
    assert.ok(setup.includes("route add 169.254.169.254 via 172.31.1.1 dev eth0"));
    assert.ok(!setup.some((line) => line.startsWith("route add default via 172.31.1.1")));
    const own = routes(plan, "plan-pub").filter((route) => route.startsWith(`${source} `));
    assert.deepEqual(own, [`${source} dev m4 proto 177`], "not over its private network");
    assert.match(rules, new RegExp(`ipv6_only [^}]*"m4" \\. ${source} }`));
    assert.doesNotMatch(rules, /own4 [^}]*"m4"/);
  });

  const floatingCases: [string, number | null, number[], string][] = [
    ["assigned", 1, [1], "198.19.41.9 via 198.19.40.11 dev m1 onlink proto 177"],
    ["unassigned", null, [1], "blackhole 198.19.41.9 proto 177"],
    ["assigned to a machine that is off", 1, [], "blackhole 198.19.41.9 proto 177"],
    ["assigned to a server that is gone", 99, [1], "blackhole 198.19.41.9 proto 177"],
  ];
  for (const [title, serverId, active, expected] of floatingCases) {
    it(`routes a floating IP that is ${title}`, () => {
      const world = labWorld([one], { floatingAddresses: [{ id: 9, cidr: "198.19.41.9/32", serverId }] });
      assert.ok(routes(planOf(world, active), "plan-pub").includes(expected));
    });
  }

  const networkCases: [string, number | null, number[], string[]][] = [
    ["assigned", 1, [1], ["2001:db8:28:9::/64 dev m1 proto 177"]],
    ["unassigned", null, [1], []],
    ["assigned to a machine that is off", 1, [], []],
    ["assigned to a server that is gone", 99, [1], []],
  ];
  for (const [title, serverId, active, expected] of networkCases) {
    it(`routes a floating IPv6 network that is ${title}: of what has no route the whole range says that it is dropped`, () => {
      const cidr = "2001:db8:28:9::/64";
      const world = labWorld([one], { floatingAddresses: [{ id: 9, cidr, serverId }] });
      const plan = planOf(world, active);
      const of = (namespace: string) => routes(plan, namespace).filter((route) => route.includes(cidr));
      assert.deepEqual(of("plan-pub"), expected);
      assert.ok(routes(plan, "plan-pub").includes(`blackhole ${settings.ipv6Range} proto 177`));
      const own = /set own6 [^\n]*/.exec(router(plan, "plan-pub").rules)?.[0] ?? "";
      assert.equal(own.includes(`"m1" . ${cidr}`), expected.length > 0, own);
    });
  }

  it("has the host route each floating address by itself, never their whole range", () => {
    const world = labWorld([one], { floatingAddresses: [{ id: 9, cidr: "198.19.41.9/32", serverId: 1 }] });
    const destinations = planOf(world).host.routes.map(({ destination }) => destination);
    assert.ok(destinations.includes("198.19.41.9"));
    assert.ok(!destinations.includes("198.19.41.0/24"));
  });

  it("routes a private network through its gateway with MTU 1450 and drops what it does not know", () => {
    const plan = planOf(labWorld([one]));
    const link = router(plan, "plan-n5").links.find(({ name }) => name === "m1");
    assert.equal(link?.mtu, 1450);
    assert.deepEqual(link?.addresses, ["10.0.0.1/32"]);
    assert.deepEqual(link?.peer.setup, [
      "address add 10.0.1.11/32 dev enp7s0",
      "link set enp7s0 up",
      "route add 10.0.0.1 dev enp7s0 scope link",
      "route add 10.0.0.0/16 via 10.0.0.1 dev enp7s0",
    ]);
    assert.ok(routes(plan, "plan-n5").includes("blackhole 10.0.0.0/16 proto 177"));
    assert.ok(routes(plan, "plan-n5").includes("10.0.1.11 dev m1 proto 177"));
  });

  it("routes aliases to their server and allows them as its sources", () => {
    const server = { ...one, attachments: one.attachments.map((a) => ({ ...a, aliasIps: ["10.0.1.77"] })) };
    const plan = planOf(labWorld([server]));
    assert.ok(routes(plan, "plan-n5").includes("10.0.1.77 via 10.0.1.11 dev m1 onlink proto 177"));
    assert.match(router(plan, "plan-n5").rules, /"m1" \. 10\.0\.1\.77/);
  });

  it("applies API routes whose gateway is a member, and ignores the others", () => {
    const network = {
      ...labNetwork,
      routes: [
        { destination: "0.0.0.0/0", gateway: "10.0.1.11" },
        { destination: "192.168.7.0/24", gateway: "10.0.1.200" },
      ],
    };
    const plan = planOf(labWorld([one, hidden], { networks: [network] }));
    const all = routes(plan, "plan-n5");
    assert.ok(all.includes("default via 10.0.1.11 dev m1 onlink proto 177"));
    assert.ok(!all.some((route) => route.includes("192.168.7.0")));
    assert.match(router(plan, "plan-n5").rules, /^ {4}iifname "m1" accept$/m);
    assert.doesNotMatch(router(planOf(labWorld([one])), "plan-n5").rules, /^ {4}iifname "m1" accept$/m);
  });

  it("names a second private interface enp8s0", () => {
    const second = { networkId: 6, ip: "10.9.0.2", aliasIps: [], macAddress: "86:00:00:00:00:99" };
    const server = { ...one, attachments: [...one.attachments, second] };
    const other = {
      ...labNetwork,
      id: 6,
      ipRange: "10.9.0.0/16",
      gateway: "10.9.0.1",
      subnets: ["10.9.0.0/24"],
    };
    const plan = planOf(labWorld([server], { networks: [labNetwork, other] }));
    assert.equal(router(plan, "plan-n6").links.find(({ name }) => name === "m1")?.peer.name, "enp8s0");
  });

  it("gives a load balancer a port in the public router and in its network, and no firewall", () => {
    const balancers = [
      balancer({
        id: 8,
        publicIpv4: "198.19.40.8",
        publicIpv6: "2001:db8:28:8::/64",
        attachments: [{ networkId: 5, ip: "10.0.1.8" }],
      }),
      balancer({ id: 9, publicIpv4: null, publicIpv6: null }),
    ];
    const plan = planOf(labWorld([one], { loadBalancers: balancers }));
    assert.deepEqual(plan.leaves, ["plan-internet", "plan-m1", "plan-l8", "plan-l9"]);
    assert.deepEqual(links(plan, "plan-pub"), ["host", "inet", "m1", "l8"]);
    assert.deepEqual(links(plan, "plan-n5"), ["uplink", "m1", "l8"]);
    assert.ok(routes(plan, "plan-pub").includes("198.19.40.8 dev l8 proto 177"));
    assert.ok(routes(plan, "plan-pub").includes("2001:db8:28:8::/64 dev l8 proto 177"));
    assert.ok(routes(plan, "plan-n5").includes("10.0.1.8 dev l8 proto 177"));
    assert.match(router(plan, "plan-n5").rules, /"l8" \. 10\.0\.1\.8/);
    assert.doesNotMatch(router(plan, "plan-pub").rules, /"l8"/);
  });

  it("leaves IPv6 out where the host has none", () => {
    const plan = planOf(labWorld([one]), [1], false);
    const text = JSON.stringify([plan.host.setup, plan.host.routes, plan.routers.map(({ routes: r }) => r)]);
    assert.doesNotMatch(text, /2001:db8|fe80/);
  });

  it("answers metadata on private ports only to servers without a public one", () => {
    const { rules } = router(planOf(labWorld([one, hidden])), "plan-n5");
    assert.match(rules, /map port_mark \{ type ifname : mark; elements = \{ "m3" : 3 \}; \}/);
  });

  it("keeps those who share a network with the host out of every range of the cloud", () => {
    const world = labWorld([one], { floatingAddresses: [{ id: 9, cidr: "198.19.41.9/32", serverId: 1 }] });
    const { rules } = planOf(world).host;
    assert.match(rules, /elements = \{ 198\.19\.40\.0\/24, 198\.18\.148\.0\/24, 198\.19\.41\.9 \}/);
    assert.match(rules, /iifname \{ "plan-host", "lo" \} accept\n {4}ip daddr @cloud4 counter drop/);
  });

  it("is the same for the same world, so that nothing is done twice", () => {
    assert.deepEqual(planOf(labWorld([one, two])), planOf(labWorld([one, two])));
  });

  it("gives servers identities that stay clear of the host's own addresses", () => {
    const reserved = new Set([metadataListener(settings), routerAddress(settings)]);
    const seen = new Set<string>();
    for (let id = 10_000_001; id < 10_000_001 + 250; id++) {
      const identity = identityOf(settings, id);
      assert.ok(!reserved.has(identity) && !seen.has(identity), identity);
      seen.add(identity);
    }
    assert.equal(identities(settings, labWorld([one])).get(identityOf(settings, 1)), 1);
  });

  const namespaceCases: [string, boolean][] = [
    ["plan-pub", true],
    ["plan-internet", true],
    ["plan-m12", true],
    ["plan-n12", true],
    ["plan-l12", true],
    ["plan-mine", false],
    ["plan", false],
    ["xplan-m12", false],
    ["plan2-m12", false],
    ["cni-1234", false],
  ];
  for (const [namespace, own] of namespaceCases) {
    it(`${own ? "knows" : "does not touch"} namespace ${namespace}`, () =>
      assert.equal(isOwnNamespace(settings, namespace), own));
  }
});
