// The faults of the API that are in force now.
import { setTimeout } from "node:timers/promises";
import type { ActionFaults } from "../../actions/runnerOptions";
import { ActionFailure } from "../../actions/work";
import type { ApiFault } from "../../contract/control";
import type { Settings } from "../../settings/api";
import { actionMatcher, type MetRequest, requestMatcher } from "./matching";

/** A fault, while it lasts. */
export interface ActiveFault {
  readonly id: number;
  readonly fault: ApiFault;
  /** Aborted when the fault ends. */
  readonly ended: AbortSignal;
}

export interface ApiFaults extends ActionFaults {
  /** False in the usual case, in which no request has to ask further. */
  readonly any: boolean;
  begin(id: number, fault: ApiFault): void;
  end(id: number): void;
  /** Requests and actions that it met so far. */
  hits(id: number): number;
  /** Those that this request meets, counted: any number of latencies, then one other at most. */
  meet(request: MetRequest): readonly ActiveFault[];
  /** The settings with what is sold out. */
  applied(settings: Settings): Settings;
  /** Lets go all that wait; for a clean stop. */
  release(): void;
}

interface Entry extends ActiveFault {
  readonly end: AbortController;
  readonly meetsRequest: (request: MetRequest) => boolean;
  readonly meetsAction: (command: string, project: string) => boolean;
  hits: number;
}

/** Those that hold something until they end, and so cannot end with their last hit. */
const holding: ReadonlySet<ApiFault["effect"]> = new Set(["stuck-action", "no-answer"]);

export interface ApiFaultsOptions {
  /** @default Math.random */
  readonly random?: () => number;
}

export function createApiFaults({ random = Math.random }: ApiFaultsOptions = {}): ApiFaults & {
  /** Told when a fault has had the last of its hits. */
  onSpent(listener: (id: number) => void): void;
} {
  const entries = new Map<number, Entry>();
  const { hit, onSpent } = createHits(random);

  return {
    get any() {
      return entries.size > 0;
    },
    begin(id, fault) {
      if (entries.has(id)) return;
      entries.set(id, newEntry(id, fault));
    },
    end(id) {
      entries.get(id)?.end.abort();
      entries.delete(id);
    },
    hits: (id) => entries.get(id)?.hits ?? 0,
    meet: (request) => meetOne([...entries.values()], (entry) => entry.meetsRequest(request) && hit(entry)),
    applied(settings) {
      const soldOut = soldOutBy([...entries.values()]);
      return soldOut.length === 0 ? settings : { ...settings, soldOut: [...settings.soldOut, ...soldOut] };
    },
    concernsAction: (command, project) =>
      [...entries.values()].some((entry) => entry.meetsAction(command, project)),
    async meetAction(action, project, stopping) {
      for (const entry of [...entries.values()]) {
        if (entry.meetsAction(action.command, project) && hit(entry)) await failOrHold(entry, stopping);
      }
    },
    release() {
      for (const { end } of entries.values()) end.abort();
    },
    onSpent,
  };
}

/** Counts what each fault takes, and says when one has had its last. */
function createHits(random: () => number) {
  const spentListeners: ((id: number) => void)[] = [];
  return {
    /** Whether it takes this one. */
    hit(entry: Entry): boolean {
      if (!strikes(entry, random)) return false;
      entry.hits++;
      if (isSpent(entry)) for (const listener of spentListeners) listener(entry.id);
      return true;
    },
    onSpent(listener: (id: number) => void): void {
      spentListeners.push(listener);
    },
  };
}

function newEntry(id: number, fault: ApiFault): Entry {
  const end = new AbortController();
  return {
    id,
    fault,
    end,
    ended: end.signal,
    meetsRequest: requestMatcher(fault),
    meetsAction: actionMatcher(fault),
    hits: 0,
  };
}

/** Whether it takes the next one that comes its way: not beyond its count, and its share of them. */
function strikes({ fault: { count, share = 1 }, hits }: Entry, random: () => number): boolean {
  if (count !== undefined && hits >= count) return false;
  return share >= 1 || random() < share;
}

const isSpent = ({ fault, hits }: Entry) => hits === fault.count && !holding.has(fault.effect);

function soldOutBy(entries: readonly Entry[]): string[] {
  return entries.flatMap(({ fault }) =>
    fault.effect === "sold-out" && fault.serverType !== undefined ? [fault.serverType] : [],
  );
}

/** Any number of latencies, then one other at most. */
function meetOne(entries: readonly Entry[], meets: (entry: Entry) => boolean): Entry[] {
  const met: Entry[] = [];
  for (const entry of entries) {
    if (!meets(entry)) continue;
    met.push(entry);
    if (entry.fault.effect !== "latency") break;
  }
  return met;
}

async function failOrHold(entry: Entry, stopping: AbortSignal): Promise<void> {
  if (entry.fault.effect === "failed-action") {
    throw new ActionFailure("action_failed", `the action failed (fault ${entry.id})`);
  }
  await aborted(AbortSignal.any([entry.ended, stopping]));
}

/** Resolves when the signal is aborted. */
function aborted(signal: AbortSignal): Promise<void> {
  if (signal.aborted) return Promise.resolve();
  return new Promise((resolve) => signal.addEventListener("abort", () => resolve(), { once: true }));
}

/** A pause that ends early with its fault. */
export async function pauseFor(milliseconds: number, ended: AbortSignal): Promise<void> {
  await setTimeout(milliseconds, undefined, { signal: ended }).catch(() => undefined);
}
