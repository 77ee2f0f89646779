// Faults of whole machines and of their networks, and hands that move the address.
import assert from "node:assert/strict";
import type { Fault } from "../../../localcloud/src/contract/control";
import { api, eventually, fromInternet } from "../../e2e/support/cloud";
import type { FailoverFault } from "./fault";
import { beginFault, type Edge, endFault, isMaster, on, pairNow } from "./pair";

/** Whether a load balancer takes connections on its own public address. */
async function answersOutside({ publicIpv4 }: Edge): Promise<boolean> {
  const dial = await fromInternet(`timeout 1 bash -c '</dev/tcp/${publicIpv4}/80' 2>/dev/null`, 5);
  return dial.exitCode === 0;
}

/** Whether one load balancer reaches the other over the private network. */
async function reachesPrivately(from: Edge, to: Edge): Promise<boolean> {
  const dial = `timeout 1 bash -c '</dev/tcp/${to.privateIps[0]}/8404' 2>/dev/null && echo yes || echo no`;
  return (await on(from, dial)) === "yes";
}

async function begun(faults: readonly Fault[], happened: () => Promise<void>) {
  const ids: number[] = [];
  for (const fault of faults) ids.push((await beginFault(fault)).id);
  return {
    heal: async () => {
      for (const id of ids) await endFault(id);
    },
    happened,
  };
}

const powerOff: FailoverFault = {
  name: "powerOff",
  title: "the active load balancer loses power",
  target: (times) =>
    times === "instant"
      ? { gapMedianMs: 2200, gapWorstMs: 3000, mostMoves: 1, leastMoves: 1 }
      : { gapWorstMs: 5000, mostMoves: 1, leastMoves: 1 },
  holdMs: 8000,
  break: ({ owner }) =>
    begun([{ kind: "power-off", server: owner.name }], async () => {
      assert.equal(await answersOutside(owner), false, `${owner.name} answers without power`);
      await assert.rejects(on(owner, "true"), /does not run/);
    }),
};

const privateCut: FailoverFault = {
  name: "privateCut",
  title: "its private side is cut",
  target: () => ({ gapWorstMs: 4000, mostMoves: 1, leastMoves: 1 }),
  holdMs: 12_000,
  break: ({ owner, other }) =>
    begun([{ kind: "partition", server: owner.name, from: "private" }], async () => {
      assert.equal(await reachesPrivately(owner, other), false, "the private side was not cut");
      assert.equal(await answersOutside(owner), true, "more than the private side was cut");
    }),
};

const publicCut: FailoverFault = {
  name: "publicCut",
  title: "its public side is cut",
  target: () => ({ gapWorstMs: 4000, mostMoves: 1, leastMoves: 1 }),
  holdMs: 12_000,
  break: ({ owner, other }) =>
    begun([{ kind: "partition", server: owner.name, from: "internet" }], async () => {
      assert.equal(await answersOutside(owner), false, "the public side was not cut");
      assert.equal(await reachesPrivately(owner, other), true, "more than the public side was cut");
    }),
};

const publicCutBoth: FailoverFault = {
  name: "publicCutBoth",
  title: "the public side of both is cut",
  target: () => ({ mostMoves: 0 }),
  holdMs: 15_000,
  break: ({ owner, other }) =>
    begun(
      [owner, other].map(({ name }) => ({ kind: "partition", server: name, from: "internet" })),
      async () => {
        for (const edge of [owner, other]) assert.equal(await answersOutside(edge), false, edge.name);
        assert.equal(await reachesPrivately(owner, other), true, "more than the public side was cut");
      },
    ),
};

const cutVrrp = `nft -f - <<'END'
table inet drill {
  chain input {
    type filter hook input priority -200
    ip protocol 112 counter drop
  }
}
END`;

const vrrpCut: FailoverFault = {
  name: "vrrpCut",
  title: "VRRP alone is cut, and healed",
  target: () => ({ failed: 0, gapWorstMs: 500, mostMoves: 1 }),
  holdMs: 10_000,
  async break({ owner, other }) {
    const both = [owner, other];
    await Promise.all(both.map((edge) => on(edge, cutVrrp)));
    return {
      heal: async () => {
        await Promise.all(
          both.map((edge) =>
            on(edge, "! nft list table inet drill >/dev/null 2>&1 || nft delete table inet drill"),
          ),
        );
      },
      happened: async () => {
        await eventually("both are master", 8, async () => {
          const masters = await Promise.all(both.map(isMaster));
          return masters.every(Boolean) || undefined;
        });
        for (const edge of both)
          assert.match(await on(edge, "nft list table inet drill"), /counter packets [1-9]/);
      },
    };
  },
};

const movedByHand: FailoverFault = {
  name: "movedByHand",
  title: "somebody moves the address by hand",
  // Each move may cut a connection that is open in this moment.
  target: () => ({
    gapWorstMs: 500,
    mostMoves: 1,
    leastMoves: 1,
    besides: { what: "taken back after", unit: "s", most: 10_000 },
  }),
  holdMs: 12_000,
  apartMs: 60_000,
  async break({ owner, other, ip }) {
    const { floating_ips: all } = await api<{ floating_ips: { id: number; ip: string }[] }>("/floating_ips");
    const id = all.find((one) => one.ip === ip)?.id ?? assert.fail(`no floating IP is ${ip}`);
    await api(`/floating_ips/${id}/actions/assign`, "POST", { server: other.id });
    const ownerNow = async () => (await pairNow()).owner.name;
    let movedAtMs = Number.NaN;
    return {
      ownMoves: 1,
      heal: async () => {},
      happened: async () => {
        await eventually(
          "the address has moved",
          5,
          async () => (await ownerNow()) === other.name || undefined,
        );
        movedAtMs = Date.now();
      },
      watch: async () => {
        await eventually(
          "the address is back",
          30,
          async () => (await ownerNow()) === owner.name || undefined,
        );
        return Date.now() - movedAtMs;
      },
    };
  },
};

export const networkFaults: readonly FailoverFault[] = [
  powerOff,
  privateCut,
  publicCut,
  publicCutBoth,
  vrrpCut,
  movedByHand,
];
