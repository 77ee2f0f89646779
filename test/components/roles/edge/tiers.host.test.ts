import assert from "node:assert/strict";
import { ensureTool } from "../../../../toolchain/build";
import { whyNoDebian13 } from "./support/debian13";
import { runScenario } from "./support/scenario";
import { tiersScenario } from "./support/tiers";
import { tierWorld } from "./support/tierWorld";

type Outcome = number | string;

interface TiersResult {
  readonly issued: readonly [number, string][];
  readonly stays: boolean;
  readonly modes: readonly string[];
  readonly shown: readonly boolean[];
  readonly ready: boolean;
  readonly page: readonly [number, Readonly<Record<string, string>>];
  /** By the address that was asked, then by who asked. */
  readonly asked: Readonly<Record<string, Readonly<Record<string, Outcome>>>>;
  /** Whether it was tried, how often it was believed, and what visitors got. */
  readonly falseWeb?: readonly [boolean, number, readonly number[]];
  readonly falseApp: readonly [boolean, number, readonly number[]];
  /** Exit statuses; the last is of a machine where nobody answers. */
  readonly moves: readonly number[];
  /** Exit status, and whether it has looked at all. */
  readonly switches: readonly unknown[];
  readonly renewed: boolean;
  readonly said: Readonly<Record<string, readonly [number, string]>>;
  readonly taken: readonly boolean[];
  readonly agains: readonly [number, string][];
  readonly ended: boolean;
  readonly underLoad: readonly [number, readonly unknown[]];
  readonly log: string;
}

const ways = [
  ["haproxy", true],
  ["nginx", false],
] as const;

for (const [engine, hasWeb] of ways) {
  const path = `${engine} to ${hasWeb ? "a web server and from there to " : ""}two app nodes`;
  describe(`certificates between machines, from ${path}`, function () {
    this.timeout(1_800_000);
    const world = tierWorld(engine, hasWeb);
    const nodes = [world.app1.privateIp, world.app2.privateIp];
    let result: TiersResult;
    before(async function () {
      if (whyNoDebian13() !== undefined) this.skip();
      const binary = await ensureTool("traefik", (line) => console.log(`    ${line}`));
      result = await runScenario<TiersResult>(engine, tiersScenario, world.options, world.scaled, {
        files: world.files,
        programs: { "/tmp/traefik-program": binary },
      });
    });

    it("each machine makes its own once, for root alone", () => {
      for (const [status, said] of result.issued) {
        assert.equal(status, 0, said);
        assert.match(said, /made a certificate that is good until/);
      }
      assert.ok(result.stays);
      assert.deepEqual([...new Set(result.modes)], ["0o600"]);
    });

    it("a visitor's request goes through, and the application learns who asked", () => {
      assert.ok(result.ready, result.log);
      const [status, headers] = result.page;
      assert.equal(status, 200, result.log);
      assert.equal(headers["x-forwarded-proto"], "http");
      assert.equal(headers["x-forwarded-port"], "80");
    });

    it("the machine that stands before a node is answered by it", () => {
      const allowed = Object.values(result.asked).map((outcomes) => outcomes.allowed);
      assert.deepEqual([...new Set(allowed)], [200], JSON.stringify(result.asked));
    });

    it("before visitors move to other machines these are asked with the certificate", () => {
      assert.deepEqual(result.moves, hasWeb ? [0, 1] : [0, 0, 1]);
    });

    it("while certificates are switched on visitors move when the first machine is ready, not when the last one has left", () => {
      assert.deepEqual(result.switches, [0, true]);
    });

    for (const [asker, who] of [
      ["plain", "who speaks plain text"],
      ["without", "who shows no certificate"],
      ["database", "a machine of the platform that is not to ask"],
      ["foreign", "a machine of the same name of another platform"],
    ] as const) {
      it(`${who} is refused by every machine`, () => {
        for (const [address, outcomes] of Object.entries(result.asked)) {
          const outcome = outcomes[asker] ?? assert.fail(`${address} was not asked by ${asker}`);
          // nginx says 400, Traefik ends the handshake; to plain text it says that there is nothing.
          const said: readonly Outcome[] =
            asker === "plain" ? [400, 404] : nodes.includes(address) ? [] : [400];
          const ended = /^(?:SSL|ConnectionReset|RemoteDisconnected|BrokenPipe)/.test(String(outcome));
          assert.ok(said.includes(outcome) || ended, `${address}: ${outcome}`);
        }
      });
    }

    if (hasWeb) {
      it("who has stolen the certificate of one web server cannot take the place of another", () => {
        assert.deepEqual(result.falseWeb, [true, 0, [200]]);
      });
    }

    it("who stands in a node's place with another platform's certificate is not asked, and visitors are served", () => {
      assert.deepEqual(result.falseApp, [true, 0, [200]]);
    });

    it("certificates are renewed under load and taken by the running programs, and no request fails", () => {
      assert.ok(result.renewed, JSON.stringify(result.said));
      for (const [status, said] of [...Object.values(result.said), ...result.agains])
        assert.equal(status, 0, said);
      assert.ok(result.taken.every(Boolean), result.log);
      assert.ok(result.ended, "what was shown before has not ended");
      const [answers, failures] = result.underLoad;
      assert.ok(answers > 200, `${answers} answers`);
      assert.deepEqual(failures, []);
    });
  });
}
