import type { Stack } from "@pulumi/pulumi/automation";
import type { Progress } from "../toolchain/cacheDir";
import type { CloudClients } from "./cloudClient";
import { type PendingCreate, undoCreate } from "./undoCreate";

/** A resource as the engine writes it down: of a component, which has no inputs, not even the key is there. */
interface WrittenResource {
  readonly urn: string;
  readonly type: string;
  readonly id?: string;
  readonly inputs?: PendingCreate["inputs"];
}

interface DeploymentState {
  readonly resources?: readonly WrittenResource[];
  pending_operations?: readonly { readonly type: string; readonly resource: WrittenResource }[];
}

/**
 * Makes a stack whose `pulumi up` was killed ready for the next one: what the killed run had begun to create,
 * and nobody can know how far it came, is removed from the cloud. Nothing depends on it yet and no set-up has
 * run on it, or the engine would have recorded its end. Everything that the state holds stays as it is.
 *
 * @returns the resources that had been pending; empty when the last run came to its end
 */
export async function repair(
  stack: Pick<Stack, "exportStack" | "importStack">,
  clouds: CloudClients,
  progress: Progress,
): Promise<readonly PendingCreate[]> {
  const exported = await stack.exportStack();
  const state = exported.deployment as DeploymentState;
  const pending = state.pending_operations ?? [];
  if (pending.length === 0) return [];
  const held = new Set((state.resources ?? []).map(({ type, id }) => `${type} ${id}`));
  const isHeld = (type: string, id: string) => held.has(`${type} ${id}`);
  const creates = pending
    .filter((operation) => operation.type === "creating")
    .map(({ resource }) => ({ ...resource, inputs: resource.inputs ?? {} }));
  // Dependents first: the state lists resources in the order of their creation.
  for (const create of creates.toReversed()) {
    const undone = await undoCreate(create, clouds, isHeld);
    progress(`${create.urn.split("::").slice(2).join(" ")}: ${undone}`);
  }
  state.pending_operations = [];
  await stack.importStack(exported);
  return creates;
}
