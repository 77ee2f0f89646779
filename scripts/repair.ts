import type { Stack } from "@pulumi/pulumi/automation";
import type { Progress } from "../toolchain/cacheDir";
import { type CloudClients, undoCreate } from "./undoCreate";

/** A resource whose creation had begun when an engine was killed: it may exist in the cloud, unknown to the state. */
export interface PendingCreate {
  readonly urn: string;
  readonly type: string;
  readonly inputs: Readonly<Record<string, unknown>>;
}

interface DeploymentState {
  pending_operations?: { readonly type: string; readonly resource: PendingCreate }[];
}

/**
 * Makes a stack whose `pulumi up` was killed ready for the next one: what the killed run had begun to create,
 * and nobody can know how far it came, is removed from the cloud. Nothing depends on it yet and no set-up has
 * run on it, or the engine would have recorded its end. Everything that the state holds stays as it is.
 *
 * @returns the resources that had been pending; empty when the last run came to its end
 */
export async function repair(
  stack: Stack,
  clouds: CloudClients,
  progress: Progress,
): Promise<readonly PendingCreate[]> {
  const exported = await stack.exportStack();
  const state = exported.deployment as DeploymentState;
  const pending = (state.pending_operations ?? []).filter((operation) => operation.type === "creating");
  if ((state.pending_operations ?? []).length === 0) return [];
  const creates = pending.map((operation) => operation.resource);
  // Dependents first: the state lists resources in the order of their creation.
  for (const create of creates.toReversed()) {
    const undone = await undoCreate(create, clouds);
    progress(`${create.urn.split("::").slice(2).join(" ")}: ${undone}`);
  }
  state.pending_operations = [];
  await stack.importStack(exported);
  return creates;
}
