import assert from "node:assert/strict";
import { join } from "node:path";
import { execa } from "execa";
import { projectRoot } from "../../../../scripts/localStack";
import { whyNoDebian13 } from "./support/debian13";
import { type OutsideStory, outsideStory } from "./support/outside";

/** Rounds without an answer, when the first of them began, when the peer reached somebody, now. */
type Case = readonly [lostRounds: number, lostAt: number, peerReachedAt: number | null, now: number];

const decide = `import json, sys
from decision import Outside, steps_aside
print(json.dumps([steps_aside(Outside(*case)) for case in json.load(sys.stdin)]))`;

async function decided(cases: readonly Case[]): Promise<boolean[]> {
  const { stdout } = await execa("python3", ["-c", decide], {
    env: {
      PYTHONPATH: join(projectRoot, "components", "roles", "edge", "agent"),
      PYTHONDONTWRITEBYTECODE: "1",
    },
    input: JSON.stringify(cases),
  });
  return JSON.parse(stdout) as boolean[];
}

describe("a load balancer whose public side reaches nobody", () => {
  const cases: readonly (readonly [name: string, aside: boolean, ...Case])[] = [
    ["steps aside when the peer has reached somebody since", true, 2, 100, 100.9, 101.3],
    ["goes on as long as the peer's word is fresh", true, 20, 100, 112, 113],
    ["stays after one round without an answer", false, 1, 100, 100.9, 101.3],
    ["stays while somebody answers", false, 0, 0, 100.9, 101.3],
    ["stays when the peer lost its public side at the same moment", false, 3, 100, 99.9, 102],
    ["stays when an answer to the peer was just under way then", false, 3, 100, 100.2, 102],
    ["stays when the peer has lost its public side later", false, 20, 100, 105, 112],
    ["stays when nobody knows what the peer reaches", false, 20, 100, null, 112],
  ];
  it("steps aside for a peer that visitors reach, and for no other one", async function () {
    if (process.platform !== "linux") this.skip();
    const answers = await decided(cases.map(([, , ...one]) => one));
    assert.deepEqual(
      cases.map(([name], n) => [name, answers[n]]),
      cases.map(([name, aside]) => [name, aside]),
    );
  });

  describe("beside keepalived of Debian 13", function () {
    this.timeout(600_000);
    let story: OutsideStory;
    let output: string;
    before(async function () {
      if (whyNoDebian13() !== undefined) this.skip();
      ({ story, output } = await outsideStory());
    });

    it("makes it leave the election within seconds when all are silent, and take part again when they answer", () => {
      assert.ok(story["master at first"] !== null, output);
      const left = story["all are silent"];
      // Two rounds are 1.2 s; the rest is for a busy machine.
      assert.ok(typeof left === "number" && left >= 1 && left < 10, output);
      assert.ok(story["all are silent, and back"] !== null, output);
    });

    for (const stays of [
      "only the peer answers",
      "only the resolvers answer",
      "only the API answers",
      "all are silent, for the peer too",
      "all are silent, and the peer says nothing",
    ]) {
      it(`stays master when ${stays}`, () => {
        assert.equal(story[stays], null, output);
        assert.ok(story[`${stays}, and back`] !== null, output);
      });
    }
  });
});
