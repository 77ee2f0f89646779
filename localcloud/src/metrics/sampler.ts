// Looks at every machine's counters in a fixed rhythm and keeps what it saw.
import { createHistory, type History, type Point, sampleSeconds } from "./history";
import { type MachineCounters, noRates, ratesBetween } from "./series";

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
export class Sampler {
  readonly #histories = new Map<number, History>();
  #last: Look | undefined;
  #timer: NodeJS.Timeout | undefined;
  #looking = false;

  constructor(private readonly options: SamplerOptions) {}

  /** What is known of a server, oldest first, from `since` (Unix seconds) on or a little before it. */
  pointsOf(serverId: number, since: number): readonly Point[] {
    return this.#histories.get(serverId)?.since(since) ?? [];
  }

  /** One look at all machines; called every 10 s, and by tests. */
  async sample(): Promise<void> {
    const { counters, now, servers } = this.options;
    const look: Look = { counters: await counters(), time: now() / 1000 };
    const known = new Set(servers());
    for (const id of this.#histories.keys()) if (!known.has(id)) this.#histories.delete(id);
    if (this.#last !== undefined && look.time > this.#last.time) {
      for (const id of known) this.#keep(id, this.#last, look);
    }
    this.#last = look;
  }

  start(): void {
    // At once, or what machines use until the second look would be told by nobody.
    this.#look();
    this.#timer = setInterval(() => this.#look(), sampleSeconds * 1000);
    this.#timer.unref();
  }

  stop(): void {
    clearInterval(this.#timer);
  }

  #look(): void {
    // A host that is busy for longer than the rhythm is not asked twice at once.
    if (this.#looking) return;
    this.#looking = true;
    this.sample()
      .catch((error) => this.options.onProblem(`metrics: ${String(error)}`))
      .finally(() => {
        this.#looking = false;
      });
  }

  #keep(id: number, before: Look, after: Look): void {
    const counted = after.counters.get(id);
    const earlier = before.counters.get(id) ?? null;
    const seconds = after.time - before.time;
    const rates = counted === undefined ? noRates : ratesBetween(earlier, counted, seconds);
    const history = this.#histories.get(id) ?? createHistory();
    this.#histories.set(id, history);
    history.add({ time: after.time, seconds, rates });
  }
}
