import assert from "node:assert/strict";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { openLoop } from "./openLoop";
import { median, type Probe, seenBetween, servedAgainMs } from "./outage";

const good = (sentAtMs: number, endedAtMs = sentAtMs + 1): Probe => ({ sentAtMs, endedAtMs });
const bad = (sentAtMs: number, endedAtMs: number): Probe => ({ sentAtMs, endedAtMs, problem: "no answer" });

describe("outage", () => {
  // Served until 1000, again from 3000; those who came at 1200 and 1400 gave up.
  const probes = [good(900), good(990, 1000), good(1100, 3000), good(3050), bad(1200, 6200), bad(1400, 6400)];

  it("is the longest time without an answer, and belongs to where it began", () => {
    assert.equal(seenBetween(probes, 950, 2000).gapMs, 2000);
    assert.equal(seenBetween(probes, 2000, 3020).gapMs, 51);
  });

  it("counts who came in its time and went without an answer", () => {
    const { requests, failed, problems } = seenBetween(probes, 1000, 3000);
    assert.deepEqual(
      { requests, failed, problems },
      { requests: 3, failed: 2, problems: { "no answer": 2 } },
    );
    assert.equal(seenBetween(probes, 0, 1000).failed, 0);
  });

  it("lasts until the last request was given up when no answer came any more", () => {
    assert.equal(seenBetween([good(0, 10), bad(20, 5020)], 0, 100).gapMs, 5010);
  });

  it("ends with the first answer", () => {
    assert.equal(servedAgainMs(probes, 1001), 1999);
    assert.equal(servedAgainMs(probes, 7000), undefined);
  });

  it("has a median that is one of the values", () => {
    assert.deepEqual([median([3, 1, 2]), median([4, 1, 2, 3]), median([])], [2, 3, 0]);
  });
});

describe("open loop", () => {
  it("sends on while nobody answers, and tells the answers that came late from those that never came", async () => {
    let held = false;
    const waiting: (() => void)[] = [];
    const server = createServer((_request, response) => {
      if (held) waiting.push(() => response.end("late"));
      else response.end("at once");
    });
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    const stop = new AbortController();
    const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/`;
    const running = openLoop(url, 10, 60_000, stop.signal);
    const until = async (is: () => boolean) => {
      while (!is()) await new Promise((resolve) => setTimeout(resolve, 5));
    };
    await new Promise((resolve) => setTimeout(resolve, 50));
    held = true;
    // The first of them has no answer, and still twenty more come.
    await until(() => waiting.length > 20);
    const [heldFrom, broken, ...late] = waiting.map((answer) => answer);
    assert.ok(heldFrom !== undefined && broken !== undefined);
    held = false;
    for (const answer of [heldFrom, broken, ...late]) answer();
    stop.abort();
    const { probes } = await running;
    server.close();
    assert.ok(probes.length > 20, String(probes.length));
    assert.deepEqual(
      probes.filter(({ problem }) => problem !== undefined),
      [],
    );
    assert.ok(seenBetween(probes, 0, Number.POSITIVE_INFINITY).gapMs >= 100, "the silence was not seen");
  });

  it("gives up who has waited long enough, and says what came instead of 200", async () => {
    let asked = 0;
    const server = createServer((_request, response) => {
      asked += 1;
      if (asked % 2 === 0) response.writeHead(503).end();
    });
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    const stop = new AbortController();
    const running = openLoop(
      `http://127.0.0.1:${(server.address() as AddressInfo).port}/`,
      10,
      100,
      stop.signal,
    );
    while (asked < 4) await new Promise((resolve) => setTimeout(resolve, 5));
    stop.abort();
    const { probes } = await running;
    server.closeAllConnections();
    server.close();
    const said = new Set(probes.map(({ problem }) => problem));
    assert.deepEqual([...said].sort(), ["503", "no answer"]);
  });
});
