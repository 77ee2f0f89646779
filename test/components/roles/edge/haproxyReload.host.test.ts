import assert from "node:assert/strict";
import { whyNoDebian13 } from "./support/debian13";
import { reloadStateScenario } from "./support/reloadState";
import { runScenario } from "./support/scenario";

/** All fields of each server's line, as the running HAProxy has them. */
type Facts = Readonly<Record<string, Readonly<Record<string, string>>>>;

interface Reloaded {
  readonly reloaded: Facts;
  readonly fresh: Facts;
  readonly drained: string;
}

interface ReloadStateResult {
  readonly changes: Readonly<Record<string, Reloaded>>;
  readonly atRunTime: Readonly<Record<string, Reloaded>>;
  /** Bits of the operator: 8 is drain, 1 is maintenance. */
  readonly kept: Readonly<Record<string, number>>;
  readonly fileIsGone: boolean;
  /** Both servers have passed a check since. */
  readonly checksGoOn: boolean;
  readonly wentDown: boolean;
  readonly downStaysDown: { readonly state: string; readonly asked: number; readonly answers: number[] };
  readonly movedIsTried: boolean;
  readonly backUp: boolean;
  readonly log: string;
}

const changes = [
  "the port",
  "the address",
  "address and port",
  "the weight",
  "maxconn",
  "TLS",
  "port and address of the check",
  "the agent check",
  "the id",
  "a server before it",
];
const atRunTime = ["weight", "address and port", "the port of the check", "checks switched off", "maxconn"];

describe("a reload of HAProxy of Debian 13", function () {
  this.timeout(600_000);
  let result: ReloadStateResult;
  before(async function () {
    if (whyNoDebian13() !== undefined) this.skip();
    result = await runScenario<ReloadStateResult>("haproxy", reloadStateScenario);
  });

  for (const name of changes) {
    it(`takes what the configuration says now: ${name}`, () => {
      const { reloaded, fresh, drained } = result.changes[name] ?? {};
      assert.ok(reloaded !== undefined, result.log);
      assert.deepEqual(reloaded, fresh);
      assert.equal(Number(drained) & 9, 8, "the other node is no longer drained");
    });
  }

  for (const name of atRunTime) {
    it(`forgets what was changed at run time: ${name}`, () => {
      const { reloaded, fresh } = result.atRunTime[name] ?? {};
      assert.ok(reloaded !== undefined, result.log);
      assert.deepEqual(reloaded, fresh);
    });
  }

  it("keeps out the nodes that an operator took out, over a second reload too, until they are put back", () => {
    assert.deepEqual(result.kept, { drain: 8, maint: 1, ready: 0 });
    assert.ok(result.fileIsGone, "a crash later would bring the old state back");
  });

  it("goes on checking the nodes", () => assert.ok(result.checksGoOn, result.log));

  it("sends nobody to a node that was down before it", () => {
    assert.ok(result.wentDown, result.log);
    assert.deepEqual(result.downStaysDown, { state: "0", asked: 0, answers: [200] });
    assert.ok(result.backUp, result.log);
  });

  it("tries a node at once whose port has changed", () => assert.ok(result.movedIsTried, result.log));
});
