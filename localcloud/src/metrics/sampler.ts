// Looks at every machine's counters in a fixed rhythm and keeps what it saw.
import { createHistory, type History, type Point, SAMPLE_SECONDS } from "./history";
import { type MachineCounters, noRates, ratesBetween } from "./series";

export interface Sampler {
  /** What is known of a server, oldest first, from `since` (Unix seconds) on or a little before it. */
  pointsOf(serverId: number, since: number): readonly Point[];
  /** One look at all machines; called every 10 s, and by tests. */
  sample(): Promise<void>;
  start(): void;
  stop(): void;
}

export interface SamplerOptions {
  /** Counters of the machines that run now. */
  readonly counters: () => Promise<ReadonlyMap<number, MachineCounters>>;
  /** Ids of the servers that exist; what is known of others is forgotten. */
  readonly servers: () => readonly number[];
  /** Milliseconds since 1970. */
  readonly now: () => number;
  readonly onProblem: (problem: string) => void;
}

interface Look {
  readonly time: number;
  readonly counters: ReadonlyMap<number, MachineCounters>;
}

/** Samples are kept in memory only: a new daemon begins anew. */
export function createSampler({ counters, servers, now, onProblem }: SamplerOptions): Sampler {
  const histories = new Map<number, History>();
  let last: Look | null = null;
  let timer: NodeJS.Timeout | undefined;
  let looking = false;

  const sample = async () => {
    const look: Look = { counters: await counters(), time: now() / 1000 };
    const known = new Set(servers());
    for (const id of histories.keys()) if (!known.has(id)) histories.delete(id);
    if (last !== null && look.time > last.time) {
      for (const id of known) keep(id, last, look);
    }
    last = look;
  };
  const keep = (id: number, before: Look, after: Look) => {
    const counted = after.counters.get(id);
    const earlier = before.counters.get(id) ?? null;
    const seconds = after.time - before.time;
    const rates = counted === undefined ? noRates : ratesBetween(earlier, counted, seconds);
    const history = histories.get(id) ?? createHistory();
    histories.set(id, history);
    history.add({ time: after.time, seconds, rates });
  };

  return {
    pointsOf: (id, since) => histories.get(id)?.since(since) ?? [],
    sample,
    start() {
      const look = () => {
        // A host that is busy for longer than the rhythm is not asked twice at once.
        if (looking) return;
        looking = true;
        sample()
          .catch((error) => onProblem(`metrics: ${String(error)}`))
          .finally(() => {
            looking = false;
          });
      };
      // At once, or what machines use until the second look would be told by nobody.
      look();
      timer = setInterval(look, SAMPLE_SECONDS * 1000);
      timer.unref();
    },
    stop: () => clearInterval(timer),
  };
}
