import type { Stack } from "@pulumi/pulumi/automation";
import type { Progress } from "../toolchain/cacheDir";
import type { CloudClients } from "./cloudClient";
import { collectionOf, idle, kindOf } from "./cloudObjects";
import { beganAt, creationsAhead, isNamed, lastResult } from "./lostCreates";
import { inWords, isThere, type StackFacts, settleCreate } from "./settleCreate";
import { lackOf, settled, unfinishedIn } from "./unfinished";
import { adopt, type DeploymentState, forget, nameOf, type WrittenResource } from "./writtenState";

export type RepairedStack = Pick<Stack, "exportStack" | "importStack" | "refresh" | "preview" | "history">;

/** A page of the stack's history: as many runs as anybody tries before asking for help. */
const runsToLookAt = 50;

/**
 * Makes a stack ready for the next `pulumi up` when the last one was killed or lost an answer of the API. What it
 * had begun to create, and nobody knows how far it came, is written into the state when it is there as it was
 * wanted, or removed when nothing can be on it yet. What it had begun to change or delete is read from the cloud
 * once it has ended. Everything else stays as it is.
 *
 * @returns how many operations had been begun and not recorded; 0 when the last run came to its end
 */
export async function repair(
  stack: RepairedStack,
  clouds: CloudClients,
  progress: Progress,
): Promise<number> {
  // Each question starts an engine, and most runs have nothing to repair.
  const [exported, runs] = await Promise.all([stack.exportStack(), stack.history(runsToLookAt, 1)]);
  const pending = await repairPending(stack, exported, clouds, progress);
  const now = pending.size === 0 ? exported : await stack.exportStack();
  const unfinished = await readUnfinished(stack, now, clouds, progress);
  if (lastResult(runs) !== "failed") return pending.size + unfinished;
  return pending.size + unfinished + (await repairLost(stack, clouds, pending, progress));
}

type Exported = Awaited<ReturnType<RepairedStack["exportStack"]>>;

/** What a killed engine had written down before it began. @returns their URNs */
async function repairPending(
  stack: RepairedStack,
  exported: Exported,
  clouds: CloudClients,
  progress: Progress,
): Promise<ReadonlySet<string>> {
  const state = exported.deployment as DeploymentState;
  const pending = state.pending_operations ?? [];
  if (pending.length === 0) return new Set();
  const creates = pending.filter(({ type }) => type === "creating").map(({ resource }) => resource);
  const others = pending.filter(({ type }) => type !== "creating");
  const adopted = await settle(creates, state, await factsOf(stack, state, clouds), progress);
  const inCloud = others.filter(({ resource }) => resource.type.startsWith("hcloud:"));
  // These stay pending until they are read, so that this can be run again when it fails now.
  state.pending_operations = inCloud;
  await stack.importStack(exported);
  for (const { type, resource } of inCloud) {
    const collection = collectionOf(resource.type);
    if (collection !== undefined) await idle(clouds[collection.api], `/${collection.name}/${resource.id}`);
    progress(`${nameOf(resource)}: interrupted while ${type}, reading what is there`);
  }
  await read(stack, [...adopted, ...inCloud.map(({ resource }) => resource.urn)]);
  return new Set(pending.map(({ resource }) => resource.urn));
}

/** What was made and whose end was not seen. */
async function readUnfinished(
  stack: RepairedStack,
  exported: Exported,
  clouds: CloudClients,
  progress: Progress,
): Promise<number> {
  const unfinished = unfinishedIn(exported.deployment as DeploymentState);
  for (const resource of unfinished) await settled(resource, clouds);
  await read(
    stack,
    unfinished.map(({ urn }) => urn),
  );
  for (const resource of unfinished) {
    progress(`${nameOf(resource)}: ${(await lackOf(resource, clouds)) ?? "was made, reading what is there"}`);
  }
  return unfinished.length;
}

/** Requests whose effect came and whose answer did not: nothing was written of them. */
async function repairLost(
  stack: RepairedStack,
  clouds: CloudClients,
  settled: ReadonlySet<string>,
  progress: Progress,
): Promise<number> {
  const gone = await forgetDeleted(stack, clouds, progress);
  return gone + (await adoptCreated(stack, clouds, settled, progress));
}

/** What the state holds and the cloud has not: the provider takes a second deletion of it for an error. */
async function forgetDeleted(
  stack: RepairedStack,
  clouds: CloudClients,
  progress: Progress,
): Promise<number> {
  const exported = await stack.exportStack();
  const state = exported.deployment as DeploymentState;
  const [there, gone]: [WrittenResource[], WrittenResource[]] = [[], []];
  for (const resource of state.resources ?? []) {
    const found = await isThere({ ...lost(resource), id: resource.id }, clouds);
    if (found !== undefined) (found ? there : gone).push(resource);
  }
  if (gone.length === 0) return 0;
  if (there.length === 0 && gone.length > 1) {
    throw new Error(
      `nothing of the ${gone.length} objects in the state is in the project that hcloud:token opens: is it the right one? ` +
        "If everything was deleted, run `pulumi refresh`",
    );
  }
  forget(state, gone);
  await stack.importStack(exported);
  for (const resource of gone) progress(`${nameOf(resource)}: is gone, and not in the state any more`);
  return gone.length;
}

/** What the program asks for, the state does not hold, and the cloud has. */
async function adoptCreated(
  stack: RepairedStack,
  clouds: CloudClients,
  settled: ReadonlySet<string>,
  progress: Progress,
): Promise<number> {
  const ahead = (await creationsAhead(stack)).filter(({ urn }) => !settled.has(urn));
  if (ahead.length === 0) return 0;
  const exported = await stack.exportStack();
  const state = exported.deployment as DeploymentState;
  const creates = ahead.filter((create) => collectionOf(create.type) === undefined || isNamed(lost(create)));
  let repaired = 0;
  const adopted = await settle(creates, state, await factsOf(stack, state, clouds), (line, kind) => {
    // Most of them are what the next run is for.
    if (kind === "nothing" || kind === "repeatable") return;
    progress(line);
    repaired++;
  });
  if (adopted.length > 0) await stack.importStack(exported);
  await read(stack, adopted);
  return repaired;
}

const lost = ({ urn, type, inputs = {} }: WrittenResource) => ({ urn, type, inputs });

type Told = (line: string, kind: string) => void;

/** Settles each, dependents first: both lists are in the order of their creation. @returns URNs to read */
async function settle(
  creates: readonly WrittenResource[],
  state: DeploymentState,
  facts: StackFacts,
  progress: Told,
): Promise<string[]> {
  const adopted: [WrittenResource, string][] = [];
  for (const resource of creates.toReversed()) {
    const finding = await settleCreate(lost(resource), facts);
    if (finding.kind === "there") adopted.unshift([resource, finding.id]);
    progress(`${nameOf(resource)}: ${inWords(finding)}`, finding.kind);
  }
  for (const [resource, id] of adopted) adopt(state, resource, id);
  return adopted.map(([{ urn }]) => urn);
}

async function factsOf(
  stack: RepairedStack,
  { resources = [] }: DeploymentState,
  clouds: CloudClients,
): Promise<StackFacts> {
  const held = new Set(resources.map(({ type, id }) => `${kindOf(type)} ${id}`));
  return {
    clouds,
    isHeld: (collection, id) => held.has(`${collection} ${id}`),
    heldInputs: (wanted) => resources.filter(({ type }) => type === wanted).map(({ inputs = {} }) => inputs),
    since: beganAt(await stack.history(runsToLookAt, 1), resources),
  };
}

async function read(stack: RepairedStack, target: string[]): Promise<void> {
  if (target.length > 0) await stack.refresh({ target, color: "never" });
}
