// Follows how the transfers of secondary zones go: the server transfers by itself, and is asked for the result.
import { Resolver } from "node:dns/promises";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { readLines } from "../dns/masterFile";
import type { ZoneTransfer } from "../host/contract";
import type { Listener } from "./nsdConfiguration";

/** Between questions while a zone was not transferred, and afterwards. */
const soonMs = 500;
const laterMs = 30_000;
/** From then on a zone that is not answered counts as wrong. */
const patienceMs = 5_000;

type Listen = (zoneId: number, transfer: ZoneTransfer) => void;

export interface TransferOptions {
  readonly folder: string;
  readonly listener: Listener;
  readonly control: (...args: string[]) => Promise<unknown>;
  readonly onProblem: (problem: string) => void;
}

/** What is known of a zone, and of which serial. */
interface Known extends ZoneTransfer {
  readonly serial: number | undefined;
}

const nothing: Known = { answered: false, recordCount: 0, serial: undefined };

export class TransferWatch {
  readonly #listeners: Listen[] = [];
  readonly #watched = new Map<number, AbortController>();
  readonly #resolver = new Resolver({ timeout: 500, tries: 1 });

  constructor(private readonly options: TransferOptions) {
    const { address, port } = options.listener;
    this.#resolver.setServers([`${address}:${port}`]);
  }

  listen(heard: Listen): void {
    this.#listeners.push(heard);
  }

  /** Begins with what is new and leaves what is gone; a zone that stays is asked for anew at once. */
  follow(zones: ReadonlyMap<number, string>): void {
    this.close();
    for (const [id, zone] of zones) {
      const watching = new AbortController();
      this.#watched.set(id, watching);
      this.#watch(id, zone, watching.signal).catch((error) =>
        this.options.onProblem(`zone ${zone}: ${String(error)}`),
      );
    }
  }

  close(): void {
    for (const watching of this.#watched.values()) watching.abort();
    this.#watched.clear();
  }

  async #watch(id: number, zone: string, signal: AbortSignal): Promise<void> {
    const since = Date.now();
    let known = nothing;
    while (!signal.aborted) {
      known = await this.#look(id, zone, known);
      const { answered, recordCount } = known;
      const isCertain = recordCount > 0 || (!answered && Date.now() - since > patienceMs);
      if (isCertain && !signal.aborted)
        for (const heard of this.#listeners) heard(id, { answered, recordCount });
      await pause(recordCount > 0 ? laterMs : soonMs, signal);
    }
  }

  async #look(id: number, zone: string, before: Known): Promise<Known> {
    const { control, folder } = this.options;
    const serial = await this.#serialOf(zone);
    if (serial === undefined) {
      await control("transfer", zone);
      return nothing;
    }
    if (serial === before.serial && before.recordCount > 0) return before;
    await control("write", zone);
    return {
      answered: true,
      recordCount: await recordCount(join(folder, `state/secondary-${id}.zone`)),
      serial,
    };
  }

  #serialOf(zone: string): Promise<number | undefined> {
    return this.#resolver.resolveSoa(zone).then(
      ({ serial }) => serial,
      () => undefined,
    );
  }
}

/** Records in a zone file that the server wrote; 0 while it has written none. */
async function recordCount(file: string): Promise<number> {
  const text = await readFile(file, "utf8").catch(() => "");
  return readLines(text).filter(({ words }) => words[0]?.startsWith("$") === false).length;
}

function pause(milliseconds: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const timer = setTimeout(done, milliseconds);
    timer.unref();
    function done() {
      clearTimeout(timer);
      signal.removeEventListener("abort", done);
      resolve();
    }
    signal.addEventListener("abort", done, { once: true });
  });
}
