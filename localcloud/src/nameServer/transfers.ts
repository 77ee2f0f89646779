// Follows how the transfers of secondary zones go: the server transfers by itself, and is asked for the result.
import { Resolver } from "node:dns/promises";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { readLines } from "../dns/masterFile";
import type { ZoneTransfer } from "../host/contract";
import type { Listener } from "./nsdConfiguration";

/** Between questions while a zone was not transferred, and afterwards. */
const SOON_MS = 500;
const LATER_MS = 30_000;
/** From then on a zone that is not answered counts as wrong. */
const PATIENCE_MS = 5_000;

type Listen = (zoneId: number, transfer: ZoneTransfer) => void;

export interface TransferOptions {
  readonly folder: string;
  readonly listener: Listener;
  readonly control: (...args: string[]) => Promise<unknown>;
  readonly onProblem: (problem: string) => void;
}

export function watchTransfers({ folder, listener, control, onProblem }: TransferOptions) {
  const listeners: Listen[] = [];
  const watched = new Map<number, AbortController>();
  const resolver = new Resolver({ timeout: 500, tries: 1 });
  resolver.setServers([`${listener.address}:${listener.port}`]);

  const serialOf = (zone: string) =>
    resolver.resolveSoa(zone).then(
      ({ serial }) => serial,
      () => null,
    );

  const watch = async (id: number, zone: string, signal: AbortSignal) => {
    const since = Date.now();
    let counted: number | null = null;
    let last: ZoneTransfer = { answered: false, recordCount: 0 };
    while (!signal.aborted) {
      const serial = await serialOf(zone);
      if (serial === null) {
        counted = null;
        last = { answered: false, recordCount: 0 };
        await control("transfer", zone);
      } else if (serial !== counted || last.recordCount === 0) {
        await control("write", zone);
        last = { answered: true, recordCount: await recordCount(join(folder, `state/secondary-${id}.zone`)) };
        counted = serial;
      }
      const known = last.recordCount > 0 || (!last.answered && Date.now() - since > PATIENCE_MS);
      if (known && !signal.aborted) for (const heard of listeners) heard(id, last);
      await pause(last.recordCount > 0 ? LATER_MS : SOON_MS, signal);
    }
  };

  return {
    listen: (heard: Listen) => listeners.push(heard),
    /** Begins with what is new and leaves what is gone; a zone that stays is asked for anew at once. */
    follow(zones: ReadonlyMap<number, string>) {
      for (const watching of watched.values()) watching.abort();
      watched.clear();
      for (const [id, zone] of zones) {
        const watching = new AbortController();
        watched.set(id, watching);
        watch(id, zone, watching.signal).catch((error) => onProblem(`zone ${zone}: ${String(error)}`));
      }
    },
    close() {
      for (const watching of watched.values()) watching.abort();
      watched.clear();
    },
  };
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
