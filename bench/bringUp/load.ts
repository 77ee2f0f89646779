// Visitors at a constant rate, so that each build serves the same while it changes.
import { setTimeout as pause } from "node:timers/promises";

export interface Visits {
  readonly answered: number;
  readonly failed: number;
}

const patienceMs = 10_000;

/** Asks for a page that many times a second. @returns what ends it, and says how it went */
export function visit(url: string, perSecond: number): () => Promise<Visits> {
  let isOver = false;
  let answered = 0;
  let failed = 0;
  const asked: Promise<void>[] = [];
  const ask = async () => {
    const response = await fetch(url, { signal: AbortSignal.timeout(patienceMs) }).catch(() => undefined);
    await response?.arrayBuffer().catch(() => undefined);
    if (response?.ok) answered += 1;
    else failed += 1;
  };
  const going = (async () => {
    while (!isOver) {
      asked.push(ask());
      await pause(1000 / perSecond);
    }
  })();
  return async () => {
    isOver = true;
    await going;
    await Promise.all(asked);
    return { answered, failed };
  };
}
