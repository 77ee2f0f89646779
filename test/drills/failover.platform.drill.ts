// The pair of load balancers loses its programs, its power, its networks and its API, round after round, under visitors.
import assert from "node:assert/strict";
import { newRun } from "../../scripts/conformance/results";
import { projectRoot } from "../../scripts/localStack";
import { up } from "../e2e/support/platform";
import { bringApiTimes } from "./failover/apiTimes";
import type { FailoverFault } from "./failover/fault";
import { chooseFaults } from "./failover/faults";
import { type ApiTimes, failoverTable, type Measured, missed, type Round } from "./failover/report";
import { keepMeasured } from "./failover/results";
import { oneRound } from "./failover/rounds";
import { drillNumbers } from "./support/record";

const keptFrom = 5;
const rounds = Number(process.env.DRILL_ROUNDS ?? keptFrom);
const times: ApiTimes = process.env.DRILL_API === "hetzner" ? "hetzner" : "instant";

if (!Number.isInteger(rounds) || rounds < 1)
  throw new Error(`DRILL_ROUNDS must be a whole number from 1, not ${process.env.DRILL_ROUNDS}`);

async function measure({ name, title, ...fault }: FailoverFault): Promise<Measured> {
  const { began, commit } = await newRun(false, projectRoot);
  const all: Round[] = [];
  for (let n = 1; n <= rounds; n++) {
    const { round, said } = await oneRound({ name, title, ...fault }, times);
    console.log(`      ${name} ${n}: ${said}`);
    all.push(round);
    if (n < rounds) await new Promise((resolve) => setTimeout(resolve, fault.apartMs ?? 0));
  }
  const date = began.slice(0, 10);
  return { fault: name, title, api: times, date, commit, target: fault.target(times), rounds: all };
}

describe(`drill: failover, API with ${times === "instant" ? "no" : "Hetzner's"} times`, function () {
  this.timeout("1h");
  const measured: Measured[] = [];

  before("the platform is up", async () => {
    // A handshake for each of a hundred visitors in a second would cost the machine what is to be measured.
    await up({ "edge.acme.enabled": false });
    await bringApiTimes(times);
  });
  after("what was measured is printed, and kept if it was measured often enough", async () => {
    console.log(`\n${failoverTable(measured)}\n`);
    const often = measured.filter((one) => one.rounds.length >= keptFrom);
    if (often.length > 0) await keepMeasured(often);
    await bringApiTimes("instant");
  });

  for (const fault of chooseFaults(process.env.DRILL_ONLY)) {
    it(`${fault.title}: costs what it may, ${rounds} times`, async () => {
      const one = await measure(fault);
      measured.push(one);
      const gaps = one.rounds.map(({ gapMs }) => gapMs);
      const failed = one.rounds.reduce((sum, round) => sum + round.failed, 0);
      drillNumbers({ [`${fault.name} ${times}`]: `${failed} failed, gap ${Math.max(...gaps)} ms` });
      assert.deepEqual(missed(one), []);
    });
  }
});
