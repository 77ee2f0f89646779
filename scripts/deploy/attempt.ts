import { ConcurrentUpdateError, type EngineEvent, type Stack } from "@pulumi/pulumi/automation";
import { changesOf } from "../deployment";
import { problemOfSite, type Site } from "./site";

/**
 * - `refused`: nothing was changed
 * - `failed`: `up` has begun and did not come to its end
 * - `unwell`: everything was changed, and visitors are not served
 */
export type Outcome = "previewed" | "done" | "refused" | "failed" | "unwell";

export interface Deployed {
  readonly outcome: Outcome;
  /** Number of resources by operation: `{ update: 3, same: 60 }`. */
  readonly changes: Readonly<Record<string, number>>;
  readonly reason?: string;
  readonly seconds: number;
}

export interface Attempt {
  readonly stack: Pick<Stack, "exportStack" | "preview" | "up" | "name">;
  /** What the stack's history says of it. */
  readonly message: string;
  readonly policyPacks: readonly string[];
  /** So long the run of somebody else is waited for. */
  readonly waitMinutes: number;
  /** Shows what would change, and changes nothing. */
  readonly previewOnly: boolean;
  readonly siteWithinSeconds: number;
  /** From the outputs. */
  readonly siteOf: (outputs: Readonly<Record<string, unknown>>) => Site;
  readonly stopped: AbortSignal;
  readonly say: (line: string) => void;
}

type Changes = Deployed["changes"];

/** Previews with the policies, changes, and asks the site: each only when the one before was well. Never throws. */
export async function attempt(how: Attempt): Promise<Deployed> {
  const began = Date.now();
  let changes: Changes = {};
  let stage: "before" | "changing" | "after" = "before";
  const ended = (outcome: Outcome, reason?: string): Deployed => ({
    ...{ outcome, changes, seconds: (Date.now() - began) / 1000 },
    ...(reason !== undefined && { reason }),
  });
  try {
    await whenFree(how, () => refusePending(how.stack));
    changes = await whenFree(how, () => previewed(how));
    if (how.previewOnly) return ended("previewed");
    const made = await whenFree(how, () =>
      updated(how, () => {
        stage = "changing";
      }),
    );
    changes = made.changes;
    stage = "after";
    const problem = await problemOfSite(how.siteOf(made.outputs), how.siteWithinSeconds);
    return problem === undefined ? ended("done") : ended("unwell", problem);
  } catch (error) {
    return ended(outcomes[stage], reasonOf(error, how.stopped));
  }
}

/** What an error means, by when it came. */
const outcomes = { before: "refused", changing: "failed", after: "unwell" } as const;

async function previewed({ stack, policyPacks, stopped, ...how }: Attempt): Promise<Changes> {
  how.say(`preview of ${stack.name}`);
  const seen = reader(how.say);
  const result = await stack
    .preview({ policyPacks: [...policyPacks], color: "never", onEvent: seen.see, signal: stopped })
    .catch(seen.fail);
  return changesOf(result.changeSummary);
}

/** @param begins is called when something changes */
async function updated({ stack, message, policyPacks, stopped, ...how }: Attempt, begins: () => void) {
  how.say(`up of ${stack.name}`);
  const seen = reader(how.say, begins);
  const result = await stack
    .up({ message, policyPacks: [...policyPacks], color: "never", onEvent: seen.see, signal: stopped })
    .catch(seen.fail);
  const shown = Object.entries(result.outputs).flatMap(([name, { value, secret }]) =>
    secret ? [] : [[name, value] as const],
  );
  return { changes: changesOf(result.summary.resourceChanges), outputs: Object.fromEntries(shown) };
}

/** Somebody else has the stack. */
class Occupied extends Error {
  constructor(
    /** What is waited for. */
    readonly by: string,
    message: string,
  ) {
    super(message);
  }
}

/**
 * Operations that have begun and are not over belong to a run that goes on, or to one that was killed. The engine would
 * forget those of a killed one and make everything once more.
 */
async function refusePending(stack: Attempt["stack"]): Promise<void> {
  const { deployment } = await stack.exportStack();
  const pending = (deployment as { pending_operations?: unknown[] } | undefined)?.pending_operations ?? [];
  if (pending.length > 0)
    throw new Occupied(
      `${pending.length} operations of another run`,
      `a run of this stack has begun ${pending.length} operations and not ended them. If it was killed: npm run repair -- ${stack.name}`,
    );
}

/** Waits for the run of somebody else, and says whose it is. @throws when it is not over in time */
async function whenFree<T>({ waitMinutes, say, stopped }: Attempt, run: () => Promise<T>): Promise<T> {
  const deadline = Date.now() + waitMinutes * 60_000;
  for (let told = false; ; told = true) {
    stopped.throwIfAborted();
    try {
      return await run();
    } catch (error) {
      const occupied = occupiedBy(error, waitMinutes);
      if (occupied === undefined) throw error;
      if (Date.now() > deadline) throw occupied;
      if (!told) say(`waits for ${occupied.by}`);
      await new Promise((resolve) => setTimeout(resolve, 5000));
    }
  }
}

function occupiedBy(error: unknown, waitMinutes: number): Occupied | undefined {
  if (error instanceof Occupied) return error;
  if (!isLocked(error)) return undefined;
  const text = lockText(error);
  return new Occupied(
    `another run: ${text}`,
    `another run has the stack for ${waitMinutes} minutes: ${text}`,
  );
}

const isLocked = (error: unknown): error is ConcurrentUpdateError => error instanceof ConcurrentUpdateError;

/** The engine's words, without what the command printed besides. */
function lockText({ message }: Error): string {
  const line = message.split("\n").find((text) => /lock|conflict/i.test(text)) ?? message;
  return line.replace(/^.*?error: /, "").trim();
}

/** Operations that leave the platform as it is. */
const unchanging: readonly string[] = ["same", "read", "refresh"];

/** Shows what the engine does, and keeps what it says is wrong. */
function reader(say: (line: string) => void, begins = () => {}) {
  const wrong: string[] = [];
  const see = ({ diagnosticEvent, policyEvent, resourcePreEvent, resOutputsEvent }: EngineEvent) => {
    if (resourcePreEvent !== undefined && !unchanging.includes(resourcePreEvent.metadata.op)) begins();
    const text = diagnosticEvent?.message.trim() ?? "";
    if (diagnosticEvent?.severity === "error") wrong.push(text);
    else if (diagnosticEvent?.severity.startsWith("info") || diagnosticEvent?.severity === "warning")
      say(text);
    if (policyEvent !== undefined) {
      const violation = `policy ${policyEvent.policyName}: ${policyEvent.message.trim()}`;
      if (policyEvent.enforcementLevel === "mandatory") wrong.push(violation);
      else say(violation);
    }
    const done = resOutputsEvent?.metadata;
    if (done !== undefined && done.op !== "same") say(`${done.op} ${done.urn.split("::").at(-1)}`);
  };
  const fail = (error: unknown): never => {
    if (isLocked(error) || wrong.length === 0) throw error;
    throw new Error(wrong.join("\n\n"));
  };
  return { see, fail };
}

function reasonOf(error: unknown, stopped: AbortSignal): string {
  if (stopped.aborted) return "it was stopped";
  return error instanceof Error ? error.message : String(error);
}
