import assert from "node:assert/strict";
import { execa } from "execa";
import type { Fault } from "../../src/contract/control";
import { planRouterFaults } from "../../src/faults/network/plan";
import type { FaultRecord } from "../../src/faults/record";
import { replaceTable } from "../../src/linux/nft";
import { labServer, labSettings } from "../machines/lab";

const settings = labSettings("plan", 1);
const one = labServer(settings, 1);
const two = labServer(settings, 2);
const hidden = labServer(settings, 3, { publicIpv4: null, publicIpv6: null });
const lone = labServer(settings, 4, { attachments: [] });

const record = (fault: Fault, ...servers: number[]): FaultRecord => ({
  id: 1,
  fault,
  servers,
  began: "2026-01-01T00:00:00.000Z",
  ends: "2026-01-01T00:01:00.000Z",
});
const plan = (...faults: FaultRecord[]) => planRouterFaults(settings, [one, two, hidden, lone], faults);
const rulesIn = (namespace: string, ...faults: FaultRecord[]) =>
  (plan(...faults).get(namespace)?.rules ?? "")
    .split("\n")
    .flatMap((line) => (/drop/.test(line) ? [line.trim()] : []));

const cut = (from: Extract<Fault, { kind: "partition" }>["from"], ...ids: number[]) =>
  record({ kind: "partition", server: "any", from }, ...ids);
const network = (side: "public" | "private", more: object, id = 1) =>
  record({ kind: "network", server: "any", side, lossPercent: 0, delayMs: 0, jitterMs: 0, ...more }, id);
const bothWays = ['iifname "m1" counter drop', 'oifname "m1" counter drop'];

describe("plan of faults in the routers", () => {
  it("is empty without faults, and for faults of another kind", () => {
    assert.equal(plan().size, 0);
    assert.equal(plan(record({ kind: "freeze", server: "any" }, 1)).size, 0);
    assert.equal(plan(record({ kind: "api", effect: "timeout" })).size, 0);
  });

  it("cuts each side in its own routers", () => {
    assert.deepEqual([...plan(cut("internet", 1)).keys()], ["plan-pub"]);
    assert.deepEqual(rulesIn("plan-pub", cut("internet", 1)), bothWays);
    assert.deepEqual([...plan(cut("private", 1)).keys()], ["plan-n5"]);
    assert.deepEqual(rulesIn("plan-n5", cut("private", 1)), bothWays);
    assert.deepEqual([...plan(cut("everything", 1)).keys()], ["plan-pub", "plan-n5"]);
  });

  it("keeps two machines apart wherever both have a port", () => {
    const both = ['iifname "m1" oifname "m2" counter drop', 'iifname "m2" oifname "m1" counter drop'];
    const apart = cut({ server: "any" }, 1, 2);
    assert.deepEqual(rulesIn("plan-pub", apart), both);
    assert.deepEqual(rulesIn("plan-n5", apart), both);
    assert.deepEqual([...plan(cut({ server: "any" }, 1, 3)).keys()], ["plan-n5"]);
    assert.deepEqual([...plan(cut({ server: "any" }, 1, 4)).keys()], ["plan-pub"]);
  });

  it("forgets servers that no longer exist", () => {
    assert.equal(plan(cut("everything", 99)).size, 0);
    assert.equal(plan(cut({ server: "any" }, 1, 99)).size, 0);
  });

  it("loses a share of the packets in each direction, down to thousandths of a percent", () => {
    assert.deepEqual(rulesIn("plan-pub", network("public", { lossPercent: 2.5 })), [
      'iifname "m1" numgen random mod 100000 < 2500 counter drop',
      'oifname "m1" numgen random mod 100000 < 2500 counter drop',
    ]);
    assert.deepEqual(rulesIn("plan-pub", network("private", { lossPercent: 2.5 })), []);
  });

  it("delays at the port towards the machine", () => {
    assert.deepEqual(plan(network("private", { delayMs: 50, jitterMs: 5 })).get("plan-n5")?.delays, [
      { kind: "delay", port: "m1", delayMs: 50, jitterMs: 5 },
    ]);
  });

  it("writes rules that nft accepts", async function () {
    if (process.platform !== "linux" || process.getuid?.() !== 0) this.skip();
    const all = plan(
      cut("everything", 1),
      cut({ server: "any" }, 1, 2),
      network("public", { lossPercent: 100 }),
    );
    assert.equal(all.size, 2);
    for (const { rules } of all.values()) {
      await execa("unshare", ["--net", "nft", "-f", "-"], { input: replaceTable("faults", rules) });
    }
  });
});
