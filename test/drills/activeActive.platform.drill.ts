// Both load balancers serve, and each loses its power in turn: the other serves both addresses, and gives one back.
import assert from "node:assert/strict";
import { readStatus, type ServerStatus } from "../../localcloud/src/control/socket";
import { eventually, settings } from "../e2e/support/cloud";
import { up } from "../e2e/support/platform";
import { type OpenLoopResult, seenBetween } from "./failover/outage";
import { beginFault, endAllFaults, endFault } from "./failover/pair";
import { visitors } from "./failover/visitors";
import { drillNumbers } from "./support/record";

const rounds = Number(process.env.DRILL_ROUNDS ?? 5);

/** What the failover of one address may cost, as with one address. */
const mostGapMs = 3000;

const pause = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms));

type Edges = readonly [ServerStatus, ServerStatus];

async function edges(): Promise<Edges> {
  const status = (await readStatus(settings)) ?? assert.fail("the local cloud does not answer");
  const [first, second] = status.servers.filter(({ name }) => /-edge\d$/.test(name));
  assert.ok(first !== undefined && second !== undefined, "the platform has no pair");
  return [first, second];
}

/** Waits until each has its own address. */
function untilBothServe(): Promise<Edges> {
  return eventually("each load balancer has an address", 180, async () => {
    const pair = await edges();
    return pair.every(({ floatingIps }) => floatingIps.length === 1) ? pair : undefined;
  });
}

interface Seen {
  /** Of the address whose machine died, and of the other one. */
  readonly own: ReturnType<typeof seenBetween>;
  readonly other: ReturnType<typeof seenBetween>;
  readonly after: readonly ReturnType<typeof seenBetween>[];
}

/** One machine without power for a while. */
async function loses(index: 0 | 1): Promise<Seen> {
  const pair = await untilBothServe();
  const [dead, alive] = index === 0 ? pair : [pair[1], pair[0]];
  const [own = "", other = ""] = [dead.floatingIps[0], alive.floatingIps[0]];
  const stops = [own, other].map((ip) => visitors(`http://${ip}/api/whoami`));
  await pause(4000);
  const broken = Date.now();
  let healed = broken;
  let results: readonly OpenLoopResult[] = [];
  try {
    const { id } = await beginFault({ kind: "power-off", server: dead.name });
    await eventually("the other one has both addresses", 20, async () => {
      const both = (await edges()).find(({ name }) => name === alive.name)?.floatingIps ?? [];
      return both.length === 2 || undefined;
    });
    await pause(2000);
    healed = Date.now();
    await endFault(id);
    await untilBothServe();
    await pause(2000);
  } finally {
    await endAllFaults();
    results = await Promise.all(stops.map((stop) => stop()));
  }
  for (const { probes } of results) {
    const before = seenBetween(probes, 0, broken);
    assert.ok(
      before.requests > 50 && before.failed === 0,
      `before the fault: ${JSON.stringify(before.problems)}`,
    );
  }
  const [ofOwn, ofOther] = results.map(({ probes }) => seenBetween(probes, broken, healed));
  const after = results.map(({ probes }) => seenBetween(probes, healed, Date.now()));
  assert.ok(ofOwn !== undefined && ofOther !== undefined);
  return { own: ofOwn, other: ofOther, after };
}

/** Without a certificate, whose handshakes every 10 ms would be most of what is measured. */
const changes = { "edge.mode": "activeActive", "edge.acme.enabled": false };

describe("drill: both load balancers serve", function () {
  this.timeout("1h");

  before("the platform has two addresses", async () => {
    await up(changes);
    await untilBothServe();
  });
  after("it has one again", () => up());

  it("another up changes nothing while each address is with its own", async () => {
    const again = await up(changes);
    assert.deepEqual(Object.keys(again.changes), ["same"]);
  });

  for (const index of [0, 1] as const) {
    it(`S4-1: edge${index + 1} without power costs its visitors a failover and the others nothing, ${rounds} times`, async () => {
      for (let round = 1; round <= rounds; round++) {
        const { own, other, after } = await loses(index);
        const text = `failed ${own.failed} of ${own.requests}, gap ${own.gapMs} ms; the other address ${other.failed} of ${other.requests}, gap ${other.gapMs} ms; returning ${after.map(({ failed, requests, gapMs }) => `${failed} of ${requests}, gap ${gapMs} ms`).join(" and ")}`;
        console.log(`      edge${index + 1} ${round}: ${text}`);
        drillNumbers({ [`edge${index + 1} ${round}`]: text });
        assert.ok(own.failed > 0, "the fault did not happen");
        assert.ok(own.gapMs <= mostGapMs, `gap ${own.gapMs} ms`);
        assert.equal(other.failed, 0);
      }
    });
  }
});
