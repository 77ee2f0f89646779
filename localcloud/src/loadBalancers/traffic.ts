import { appendFile, readFile } from "node:fs/promises";
import { join } from "node:path";
import type { TrafficSample } from "../host/contract";
import { writeAtomically } from "../linux/files";
import { type Account, type Counters, newAccount, settle, thinned, totalOf } from "./statistics";

/** How often the history is written anew without what is too old or too fine, in samples. */
const compactedEvery = 720;

/** Traffic of one load balancer since it was made, kept in its folder: it survives the daemon. */
export class TrafficHistory {
  readonly #accountFile: string;
  readonly #samplesFile: string;
  #account: Account = newAccount;
  #samples: TrafficSample[] = [];
  #appended = 0;

  constructor(folder: string) {
    this.#accountFile = join(folder, "traffic.json");
    this.#samplesFile = join(folder, "traffic.samples");
  }

  get samples(): readonly TrafficSample[] {
    return this.#samples;
  }

  async load(): Promise<void> {
    const account = await readFile(this.#accountFile, "utf8").catch(() => undefined);
    if (account !== undefined) this.#account = JSON.parse(account) as Account;
    const lines = await readFile(this.#samplesFile, "utf8").catch(() => "");
    this.#samples = lines.split("\n").flatMap(parseSample);
  }

  /** Takes what the workers that run now have carried. */
  async record(workers: Readonly<Record<string, Counters>>, at: number): Promise<void> {
    this.#account = settle(this.#account, workers);
    await writeAtomically(this.#accountFile, JSON.stringify(this.#account));
    const sample = { at, ...totalOf(this.#account) };
    this.#samples.push(sample);
    if (++this.#appended % compactedEvery > 0) {
      await appendFile(this.#samplesFile, `${JSON.stringify(sample)}\n`, { mode: 0o600 });
      return;
    }
    this.#samples = thinned(this.#samples, at);
    await writeAtomically(this.#samplesFile, this.#samples.map((row) => `${JSON.stringify(row)}\n`).join(""));
  }
}

/** A line that a crash cut short is left out. */
function parseSample(line: string): TrafficSample[] {
  try {
    return [JSON.parse(line) as TrafficSample];
  } catch {
    return [];
  }
}
