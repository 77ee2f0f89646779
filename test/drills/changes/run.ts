// Visitors in the namespace of the outside client, while something is done to the platform.
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { eventually } from "../../e2e/support/cloud";
import { runOutside } from "../support/outside";
import { type Manner, problemsOf, sumOf, type VisitorsReport } from "./tally";

/** As long as a browser's user waits. */
const patienceMs = 10_000;

export interface Visitors {
  /** What they saw until a second ago. */
  seen(): VisitorsReport;
  /** Waits until they have asked so often. */
  until(requests: number): Promise<void>;
  /** Lets them get the answers that they wait for. @returns what they saw in all */
  stop(): Promise<VisitorsReport>;
  /** Ends what is left of them. */
  end(): void;
}

/**
 * Starts them, and waits until each kind of them is served.
 *
 * @throws when somebody is not
 */
export async function startVisitors(
  url: string,
  address: string,
  rootsPath: string,
  manners: readonly Manner[],
): Promise<Visitors> {
  const site = { url, address, trusted: await readFile(rootsPath, "utf8"), patienceMs };
  const running = runOutside(join(__dirname, "visitors.ts"), site, manners);
  const seen = () => JSON.parse(running.said().at(-1) ?? '{"byManner":{},"latestMs":0}') as VisitorsReport;
  let gone = false;
  const goes = () => {
    gone = true;
  };
  running.ended.then(goes, goes);
  const visitors: Visitors = {
    seen,
    until: async (requests) => {
      const enough = () => sumOf(seen()).requests >= requests;
      await eventually(`${requests} requests`, 3600, async () => enough() || gone || undefined);
      if (!enough()) throw new Error(`the visitors ended before ${requests} requests`);
    },
    stop: async () => {
      running.signal("SIGTERM");
      return JSON.parse(await running.ended) as VisitorsReport;
    },
    end: () => running.signal("SIGKILL"),
  };
  await visitors.until(500);
  const problems = problemsOf(seen());
  if (problems.length === 0) return visitors;
  await visitors.stop();
  throw new Error(`before any change: ${problems.join("\n")}`);
}
