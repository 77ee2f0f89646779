// Visitors of several kinds who wait for nobody. Runs as a process of its own inside the namespace of the outside
// client until SIGTERM, and tells each second what they saw so far: visitors.ts SITE MANNERS, both as JSON
import { whenStopped } from "../../e2e/support/visitorProcess";
import { type Asker, askerOf, type Site } from "./askers";
import { type Manner, nameOf, type Outcome, Tally, type VisitorsReport } from "./tally";

/** As often as a browser would: once more. */
async function askLikeBrowser(asker: Asker): Promise<Outcome & { readonly repeated: boolean }> {
  const first = await asker.ask();
  if (first.mayRepeat !== true) return { ...first, repeated: false };
  return { ...(await asker.ask(true)), repeated: true };
}

/** @param told is called each second, and at the end */
export async function visit(
  site: Site,
  manners: readonly Manner[],
  stopped: AbortSignal,
  told: (report: VisitorsReport) => void,
): Promise<VisitorsReport> {
  const tallies = new Map(manners.map((manner) => [nameOf(manner), new Tally()]));
  let latestMs = 0;
  const report = (): VisitorsReport => ({
    byManner: Object.fromEntries([...tallies].map(([name, tally]) => [name, tally.counted])),
    latestMs,
  });
  const telling = setInterval(() => told(report()), 1000);
  const late = (ms: number) => {
    latestMs = Math.max(latestMs, ms);
  };
  await Promise.all(
    manners.map((manner) => visitAs(manner, site, tallies.get(nameOf(manner)) ?? new Tally(), stopped, late)),
  );
  clearInterval(telling);
  return report();
}

async function visitAs(
  manner: Manner,
  site: Site,
  tally: Tally,
  stopped: AbortSignal,
  late: (ms: number) => void,
): Promise<void> {
  const asker = askerOf(site, manner);
  const open = new Set<Promise<void>>();
  const began = Date.now();
  for (let sent = 0; !stopped.aborted; ) {
    const dueAt = began + (sent * 1000) / manner.rate;
    const now = Date.now();
    if (dueAt > now) {
      await new Promise((resolve) => setTimeout(resolve, dueAt - now));
      continue;
    }
    late(now - dueAt);
    sent += 1;
    const one = askLikeBrowser(asker).then(({ repeated, ...outcome }) => {
      tally.add(outcome, repeated);
      open.delete(one);
    });
    open.add(one);
    // Answers are read between two requests, also when many are due at once.
    if (sent % 20 === 0) await new Promise((resolve) => setImmediate(resolve));
  }
  await Promise.all(open);
  asker.close();
}

async function main([site = "{}", manners = "[]"]: readonly string[]): Promise<void> {
  const { url, ...rest } = JSON.parse(site) as Omit<Site, "url"> & { readonly url: string };
  const tell = (report: VisitorsReport) => void process.stdout.write(`${JSON.stringify(report)}\n`);
  const last = await visit({ ...rest, url: new URL(url) }, JSON.parse(manners), whenStopped(), tell);
  process.stdout.write(`${JSON.stringify(last)}\n`, () => process.exit());
}

if (require.main === module) void main(process.argv.slice(2));
