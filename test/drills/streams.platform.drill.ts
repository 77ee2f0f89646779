// A WebSocket, a slow upload and a silent event stream: without anything, over a planned move of the address, over a reload.
import assert from "node:assert/strict";
import { publish, table } from "../../bench/publish";
import { newRun } from "../../scripts/conformance/results";
import { projectRoot } from "../../scripts/localStack";
import { eventually } from "../e2e/support/cloud";
import { platformIsUp } from "../e2e/support/platform";
import { on, pairNow, untilWhole } from "./failover/pair";
import { broken, type Expected, type StreamName, streamNames, told } from "./streams/outcome";
import type { Streams } from "./streams/requests";
import { type Seen, whileOpen } from "./streams/run";
import { drillNumbers } from "./support/record";

/** 10 MB at 45 kB/s. `DRILL_SECONDS=60` for a short look, where everything is as much shorter. */
const fullSeconds = 233;
const uploadSeconds = Number(process.env.DRILL_SECONDS ?? fullSeconds);
const share = uploadSeconds / fullSeconds;
const streams: Streams = {
  webSocketSeconds: uploadSeconds,
  uploadRate: 45_000,
  uploadBytes: 45_000 * uploadSeconds,
  silentSeconds: Math.round(90 * share),
};

const titles: Readonly<Record<StreamName, string>> = {
  webSocket: "a WebSocket, a word each second",
  upload: `an upload of ${(streams.uploadBytes / 1e6).toFixed(1)} MB at 45 kB/s`,
  events: `an event stream that is silent for ${streams.silentSeconds} s`,
};

interface Case {
  readonly title: string;
  readonly expected: Readonly<Record<StreamName, Expected>>;
  /** @returns when it happened, in ms since 1970; undefined: nothing was to */
  happen(): Promise<number | undefined>;
  after?(): Promise<void>;
}

const whole: Expected = { how: "whole" };

/** As an operator does it before work on the load balancer that serves: docs/operations.md. */
async function moveAddress(): Promise<number> {
  const { owner } = await pairNow();
  const at = Date.now();
  await on(owner, "systemctl stop keepalived");
  await eventually("the other load balancer has the address", 20, async () => {
    const now = await pairNow().catch(() => undefined);
    return now === undefined || now.owner.name === owner.name ? undefined : true;
  });
  return at;
}

async function reload(): Promise<number> {
  const { owner } = await pairNow();
  const workers = () =>
    on(owner, `pgrep -P "$(systemctl show -p MainPID --value haproxy)" | sort -n | xargs`);
  const before = await workers();
  const at = Date.now();
  await on(owner, "systemctl reload haproxy");
  assert.notEqual(await workers(), before, "no other worker serves");
  return at;
}

const cases: readonly Case[] = [
  {
    title: "nothing happens",
    expected: { webSocket: whole, upload: whole, events: whole },
    happen: async () => undefined,
  },
  {
    title: "the address moves as planned",
    // Who sends something learns at once that nobody knows the connection any more. What the former machine says does
    // not come out under an address that leads elsewhere, so who only listens learns nothing.
    expected: {
      webSocket: { how: "cut", afterSeconds: [0, 5] },
      upload: { how: "cut", afterSeconds: [0, 5] },
      events: { how: "silent" },
    },
    happen: moveAddress,
    after: async () => {
      const { other } = await pairNow();
      await on(other, "systemctl start keepalived");
      await untilWhole();
    },
  },
  {
    title: "HAProxy is reloaded",
    expected: { webSocket: whole, upload: whole, events: whole },
    happen: reload,
  },
];

describe("drill: what is open", function () {
  this.timeout("1h");
  const seen = new Map<Case, Seen>();

  before("the platform is up and whole", async () => {
    await platformIsUp();
    await untilWhole();
  });
  after("what was seen is printed, and written down when it was not made shorter", async () => {
    const rows = streamNames.map((name) => [
      titles[name],
      ...cases.map((one) => {
        const { outcomes, eventAtMs } = seen.get(one) ?? {};
        return outcomes === undefined ? "not seen" : told(outcomes[name], eventAtMs);
      }),
    ]);
    const text = table(["what is open", ...cases.map(({ title }) => title)], rows);
    console.log(`\n${text}\n`);
    if (uploadSeconds < fullSeconds || seen.size < cases.length) return;
    const { began, commit } = await newRun(false, projectRoot);
    await publish("streams", `${text}\n\n${began.slice(0, 10)} ${commit}`, "docs/failure-model.md");
  });

  for (const one of cases) {
    it(`a WebSocket, a slow upload and a silent event stream while ${one.title}`, async () => {
      const result = await whileOpen(streams, one.happen);
      seen.set(one, result);
      await one.after?.();
      const { outcomes, eventAtMs } = result;
      for (const name of streamNames)
        drillNumbers({ [`${name}, ${one.title}`]: told(outcomes[name], eventAtMs) });
      assert.deepEqual(broken(outcomes, one.expected, eventAtMs), []);
    });
  }
});
