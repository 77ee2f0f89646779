// When a request had its effect and its answer was lost, the provider fails and the engine writes nothing: the
// state does not know that anything was begun. What the program still asks for tells it.
import type { Stack, UpdateSummary } from "@pulumi/pulumi/automation";
import type { Inputs, LostCreate } from "./settleCreate";
import type { WrittenResource } from "./writtenState";

/** What the engine puts where a value is not known yet: of an object that was not made. */
const unknownValue = "04da6b54-80e4-46f7-96ec-b56ff0331ba9";

/**
 * Asks the engine what the next run would create at Hetzner. A creation begins only when all its inputs are
 * known, so one with unknown inputs cannot have been lost.
 *
 * @throws when the program fails, with its output
 */
export async function creationsAhead(stack: Pick<Stack, "preview">): Promise<readonly WrittenResource[]> {
  const found: WrittenResource[] = [];
  await stack.preview({
    color: "never",
    onEvent: ({ resourcePreEvent }) => {
      const metadata = resourcePreEvent?.metadata;
      if (metadata === undefined || !/^create(-replacement)?$/.test(metadata.op)) return;
      const { new: made } = metadata;
      if (made === undefined || !made.type.startsWith("hcloud:")) return;
      if (JSON.stringify(made.inputs).includes(unknownValue)) return;
      const { urn, type, parent, provider, protect, retainOnDelete } = made;
      const inputs = withoutSecrets(made.inputs);
      found.push({ urn, custom: true, type, inputs, parent, provider, protect, retainOnDelete });
    },
  });
  return found;
}

/** By this key the engine marks a value that it does not tell. */
const secretSignature = "4dabf18193072939515e22adb298388d";

/** What is left out is set anew by the next run. */
function withoutSecrets(inputs: Inputs): Inputs {
  const isSecret = (value: unknown) =>
    typeof value === "object" && value !== null && secretSignature in value;
  return Object.fromEntries(Object.entries(inputs).filter(([, value]) => !isSecret(value)));
}

/** Of an object without a name nobody can tell whose it is. */
export const isNamed = ({ inputs }: LostCreate) => typeof inputs.name === "string" && inputs.name !== "";

const changesTheCloud = ({ kind }: Pick<UpdateSummary, "kind">) => kind === "update" || kind === "destroy";

/** How the last run ended, as far as one has: of a killed engine the history tells nothing. */
export function lastResult(history: readonly Pick<UpdateSummary, "kind" | "result">[]): string | undefined {
  return history.find(changesTheCloud)?.result;
}

/**
 * When the runs began that nobody saw end well: what is older than that was not begun by them.
 *
 * @param history newest first, as the engine tells it
 * @returns undefined when nothing is known, before the first run has ended
 */
export function beganAt(
  history: readonly Pick<UpdateSummary, "kind" | "result" | "startTime" | "endTime">[],
  resources: readonly WrittenResource[],
): Date | undefined {
  const runs = history.filter(changesTheCloud);
  const good = runs.find(({ result }) => result === "succeeded");
  if (good !== undefined) return new Date(good.endTime);
  const starts = runs.map(({ startTime }) => new Date(startTime).getTime());
  const made = resources.map(({ created }) => Date.parse(created ?? "")).filter(Number.isFinite);
  const known = [...starts, ...made];
  return known.length === 0 ? undefined : new Date(Math.min(...known));
}
