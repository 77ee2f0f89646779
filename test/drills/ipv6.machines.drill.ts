// The load balancer that visitors of both families come to loses power, again and again: a pair of its own before two web servers.
import assert from "node:assert/strict";
import { execa } from "execa";
import type { FaultStatus } from "../../localcloud/src/contract/control";
import { askControl } from "../../localcloud/src/control/socket";
import { findInit } from "../../localcloud/src/machines/boot";
import { enterArguments } from "../../localcloud/src/machines/guest";
import { ipv6Works } from "../../localcloud/src/network/forwarding";
import { namesOf } from "../../localcloud/src/settings/names";
import { ownLab, whyNoMachines } from "../../localcloud/test/machines/lab";
import { ExampleCloud } from "../examples/edgeOnly/exampleCloud";
import { eventually } from "../support/eventually";
import { median, type OpenLoopResult, seenBetween } from "./failover/outage";
import { visitors } from "./failover/visitors";
import { drillNumbers } from "./support/record";

const rounds = Number(process.env.DRILL_ROUNDS ?? 5);

/** What a failover may cost over IPv6, and by how much more than over IPv4: a network is asked for on the link first. */
const mostGapMs = 3000;
const mostMedianMs = 2200;
const mostApartMs = 500;

const pause = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms));

type Seen = ReturnType<typeof seenBetween>;

const told = ({ failed, requests, gapMs }: Seen) => `failed ${failed} of ${requests}, gap ${gapMs} ms`;

const urlOf = (address: string) => `http://${address.includes(":") ? `[${address}]` : address}/`;

describe("drill: visitors of both families", function () {
  this.timeout("1h");
  const cloud = new ExampleCloud(ownLab("six", 10));
  const { settings } = cloud;
  let addresses: readonly string[] = [];

  before("a pair with a floating IPv6 network serves", async function () {
    if (whyNoMachines() !== undefined || !(await ipv6Works())) this.skip();
    await cloud.up({ "edge-only:ipv6": "true" });
    const output = async (name: string) => JSON.parse(await cloud.pulumi("stack", "output", name, "--json"));
    const [ipv6 = ""] = (await output("virtualIpv6s")) as readonly string[];
    addresses = [String(await output("virtualIp")), ipv6];
    const serves = async () => (await Promise.all(addresses.map((one) => cloud.visit(one)))).every(Boolean);
    await eventually(serves, "both families are served", { limitMs: 180_000 });
  });
  after(() => cloud.down());

  const edges = async () => (await cloud.assignment()).servers.filter(({ name }) => name.includes("edge"));

  /** Of the agent: its part in the election, whether it rests, who answers it, whether the network is with the address. */
  async function stateOf(server: number): Promise<string> {
    const init = await findInit(settings, server);
    if (init === undefined) return "off";
    const asked = "[.vrrp, .verdict, .peer.private.answers, .peer.public.answers, .owner == .ipv6.owner]";
    const enter = enterArguments(init, ["/usr/bin/jq", "-c", asked, "/run/floating-ip-agent/state.json"]);
    return (await execa("nsenter", enter, { reject: false })).stdout ?? "";
  }

  /** Waits until the pair is whole and has been for some seconds. @returns who has address and network, and the other */
  async function untilWhole() {
    const isWhole = async () => {
      const states = await Promise.all((await edges()).map(({ id }) => stateOf(id)));
      const wanted = ["BACKUP", "MASTER"].map((vrrp) => JSON.stringify([vrrp, "rest", true, true, true]));
      return states.toSorted().join() === wanted.join();
    };
    for (let seconds = 0; seconds < 5; ) {
      await eventually(isWhole, "the pair is whole", { limitMs: 180_000 });
      await pause(1000);
      seconds = (await isWhole()) ? seconds + 1 : 0;
    }
    const { floatingIps } = await cloud.assignment();
    const [owner, other] = (await edges()).toSorted(({ id }) => (id === floatingIps[0]?.server ? -1 : 1));
    assert.ok(owner !== undefined && other !== undefined);
    assert.deepEqual(
      floatingIps.map(({ server }) => server),
      [owner.id, owner.id],
    );
    return { owner, other };
  }

  /** @returns what was seen while one machine was off, of each family, and after it came back */
  async function losesPower(): Promise<{
    readonly during: readonly Seen[];
    readonly after: readonly Seen[];
  }> {
    const { owner, other } = await untilWhole();
    const stops = addresses.map((address) => visitors(urlOf(address), namesOf(settings).internet));
    await pause(4000);
    const broken = Date.now();
    let healed = broken;
    let results: readonly OpenLoopResult[] = [];
    const fault = { kind: "power-off", server: owner.name };
    try {
      await askControl<{ fault: FaultStatus }>(settings, "POST", "/faults", { fault, seconds: 600 });
      const hasBoth = async () =>
        (await cloud.assignment()).floatingIps.every(({ server }) => server === other.id);
      await eventually(hasBoth, "the other one has both", { limitMs: 30_000 });
      await pause(Math.max(2000, broken + 7000 - Date.now()));
      healed = Date.now();
      await askControl<void>(settings, "DELETE", "/faults");
      await untilWhole();
    } finally {
      await askControl<void>(settings, "DELETE", "/faults");
      results = await Promise.all(stops.map((stop) => stop()));
    }
    for (const { probes } of results) {
      const before = seenBetween(probes, 0, broken);
      assert.ok(before.requests > 50 && before.failed === 0, JSON.stringify(before.problems));
    }
    return {
      during: results.map(({ probes }) => seenBetween(probes, broken, healed)),
      after: results.map(({ probes }) => seenBetween(probes, healed, Date.now())),
    };
  }

  it(`a load balancer without power costs visitors over IPv6 what it costs those over IPv4, ${rounds} times`, async () => {
    const gaps: number[] = [];
    for (let round = 1; round <= rounds; round++) {
      const { during, after } = await losesPower();
      const [ipv4, ipv6] = during;
      assert.ok(ipv4 !== undefined && ipv6 !== undefined);
      const text = `IPv4 ${told(ipv4)}; IPv6 ${told(ipv6)}; returning ${after.map(told).join(" and ")}`;
      console.log(`      ${round}: ${text}`);
      drillNumbers({ [`${round}`]: text });
      assert.ok(ipv4.failed > 0 && ipv6.failed > 0, "the fault did not happen");
      assert.ok(ipv6.gapMs <= mostGapMs, `gap ${ipv6.gapMs} ms`);
      assert.ok(ipv6.gapMs <= ipv4.gapMs + mostApartMs, `${ipv6.gapMs} ms, IPv4 ${ipv4.gapMs} ms`);
      gaps.push(ipv6.gapMs);
    }
    assert.ok(median(gaps) <= mostMedianMs, `median ${median(gaps)} ms`);
  });
});
