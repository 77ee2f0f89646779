/**
 * What each preset plans, costs and leaves to chance, held against `records/presets/`: the machines with what runs on
 * them, the table of flows, the start order, the diagram. Written anew as all records:
 *
 *   UPDATE_RECORDS=1 npx mocha test/program/*.test.ts
 */
import { join } from "node:path";
import type { Plan } from "../../components/plan/plan";
import { planPlatform } from "../../components/presets";
import { datedPrices } from "../../components/sizing/prices";
import type { PlatformSettings } from "../../components/stack/settings";
import { loadStackFile } from "../../components/stack/stackFile";
import { estimateCost } from "../../components/views/cost";
import { renderMermaid } from "../../components/views/diagram";
import { renderSinglePoints, singlePoints } from "../../components/views/singlePoints";
import { describeTree } from "../../components/views/tree";
import { compareRecord } from "./support/records";

const root = join(__dirname, "../..");
const stacks: readonly (readonly [stack: string, directory: string])[] = [
  ["prod", root],
  ...["foobar", "separated", "dhanman", "dhanman-qa", "scaleUp"].map(
    (stack) => [stack, join(root, "examples/presets")] as const,
  ),
];

function recordOf(settings: PlatformSettings): string {
  const plan = planPlatform(settings);
  return [
    describeTree(settings, plan),
    `Starts in this order: ${plan.order.join(", ")}\n`,
    flowTable(plan),
    renderSinglePoints(singlePoints(plan, settings)),
    costOf(plan, settings),
    renderMermaid(plan),
  ].join("\n");
}

function flowTable({ flows }: Plan): string {
  const rows = flows.map(
    ({ from, to, protocol, port, purpose }) =>
      `${from.padEnd(12)} ${to.padEnd(12)} ${`${port ?? ""}/${protocol}`.padEnd(12)} ${purpose}`,
  );
  return `${rows.join("\n")}\n`;
}

function costOf(plan: Plan, { location }: PlatformSettings): string {
  const prices = datedPrices(location);
  if (prices === undefined) throw new Error(`no prices of ${location}`);
  const { lines, totalEur } = estimateCost(plan, location, prices);
  const rows = lines.map(
    (line) => `${line.quantity} x ${line.item} for ${line.purpose}: ${line.monthlyEur.toFixed(2)}`,
  );
  return [...rows, `${totalEur.toFixed(2)} EUR per month`, ""].join("\n");
}

describe("presets", () => {
  it("plan, cost and describe what their records say", async () => {
    const records = stacks.map(
      ([stack, directory]) => [`${stack}.txt`, recordOf(loadStackFile(stack, directory))] as const,
    );
    await compareRecord("presets", new Map(records));
  });
});
