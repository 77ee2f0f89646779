// Fifty changes of configuration, certificates and routes under visitors of four manners: no request fails.
import assert from "node:assert/strict";
import { publish, table } from "../../bench/publish";
import { localCloudSettings } from "../../localcloud/src/settings/cloud";
import { newRun } from "../../scripts/conformance/results";
import { projectRoot } from "../../scripts/localStack";
import { curl, up, url, virtualIp } from "../e2e/support/platform";
import { type Kind, kindsOf } from "./changes/kinds";
import { mixed } from "./changes/order";
import { startVisitors, type Visitors } from "./changes/run";
import { type Manner, problemsOf, sumOf, type VisitorsReport } from "./changes/tally";
import { untilWhole } from "./failover/pair";
import { drillNumbers } from "./support/record";

/** `DRILL_CHANGES=10 DRILL_REQUESTS=20000` for a short look. */
const changes = Number(process.env.DRILL_CHANGES ?? 50);
const leastRequests = Number(process.env.DRILL_REQUESTS ?? 100_000);

/** A handshake costs as much as many requests, so those over new connections are fewer. */
const manners: readonly Manner[] = [
  { protocol: "HTTP/1.1", connections: "kept", rate: 80 },
  { protocol: "HTTP/1.1", connections: "new", rate: 20 },
  { protocol: "HTTP/2", connections: "kept", rate: 110 },
  { protocol: "HTTP/2", connections: "new", rate: 20 },
];

interface Made {
  readonly kind: Kind;
  readonly count: number;
  readonly seconds: number;
}

function changesTable(made: readonly Made[], { byManner }: VisitorsReport): string {
  const kinds = table(
    ["change", "made", "seconds in all"],
    made.map(({ kind, count, seconds }) => [kind.title, String(count), String(Math.round(seconds))]),
  );
  const visitors = table(
    ["visitors", "requests", "failed", "asked again"],
    Object.entries(byManner).map(([manner, { requests, failed, repeated }]) => [
      manner,
      String(requests),
      String(failed),
      String(repeated),
    ]),
  );
  return `${kinds}\n\n${visitors}`;
}

/** Makes the changes, in their order. @throws with the kind of the one that did not happen */
async function makeAll(kinds: readonly Kind[], visitors: Visitors): Promise<Made[]> {
  const seconds = new Map<Kind, { count: number; seconds: number }>();
  for (const [n, kind] of mixed(kinds, changes).entries()) {
    const began = Date.now();
    const so = seconds.get(kind) ?? { count: 0, seconds: 0 };
    await kind.change(so.count + 1).catch((error: unknown) => {
      throw new Error(`change ${n + 1}, ${kind.name}: ${String(error)}`, { cause: error });
    });
    const took = (Date.now() - began) / 1000;
    seconds.set(kind, { count: so.count + 1, seconds: so.seconds + took });
    const { requests, failed, repeated } = sumOf(visitors.seen());
    console.log(
      `      ${n + 1} ${kind.name}, ${took.toFixed(1)} s; so far ${failed} of ${requests} failed, ${repeated} asked again`,
    );
  }
  return kinds.flatMap((kind) => {
    const one = seconds.get(kind);
    return one === undefined ? [] : [{ kind, ...one }];
  });
}

describe("drill: changes under visitors", function () {
  this.timeout("1h");

  before("the platform is up and whole", async () => {
    await up();
    await untilWhole();
  });

  it(`${changes} changes of configuration, certificates and routes cost none of ${leastRequests} requests and more`, async () => {
    const { began, commit } = await newRun(false, projectRoot);
    const site = { url: `${url()}/api/whoami`, domain: new URL(url()).hostname, curl: curl() };
    const kinds = kindsOf(site);
    const visitors = await startVisitors(
      site.url,
      virtualIp(),
      localCloudSettings().paths.acmeRoots,
      manners,
    );
    let [made, report]: [Made[], VisitorsReport] = [[], visitors.seen()];
    try {
      made = await makeAll(kinds, visitors);
      console.log(`      all made; visitors go on until there are ${leastRequests} requests`);
      await visitors.until(leastRequests);
      report = await visitors.stop();
    } finally {
      visitors.end();
      for (const { restore } of kinds) await restore?.();
    }
    const text = changesTable(made, report);
    console.log(`\n${text}\nsent ${report.latestMs} ms late at worst\n`);
    const { requests, failed, repeated } = sumOf(report);
    drillNumbers({ changes, requests, failed, askedAgain: repeated });
    assert.deepEqual(problemsOf(report), []);
    assert.ok(requests >= leastRequests, `${requests} requests`);
    if (changes >= 50)
      await publish("changes", `${text}\n\n${began.slice(0, 10)} ${commit}`, "docs/failure-model.md");
  });
});
