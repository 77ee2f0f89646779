import type { Stack } from "@pulumi/pulumi/automation";
import type { Progress } from "../toolchain/cacheDir";
import type { CloudClients } from "./cloudClient";
import { collectionOf, idle } from "./cloudObjects";
import { type PendingCreate, undoCreate } from "./undoCreate";

/** A resource as the engine writes it down: of a component, which has no inputs, not even the key is there. */
interface WrittenResource {
  readonly urn: string;
  readonly type: string;
  readonly id?: string;
  readonly inputs?: PendingCreate["inputs"];
}

interface PendingOperation {
  readonly type: string;
  readonly resource: WrittenResource;
}

interface DeploymentState {
  readonly resources?: readonly WrittenResource[];
  pending_operations?: readonly PendingOperation[];
}

/**
 * Makes a stack whose `pulumi up` or `destroy` was killed ready for the next one. What the killed run had begun to
 * create, and nobody can know how far it came, is removed from the cloud: nothing depends on it yet and no set-up
 * has run on it, or the engine would have recorded its end. What it had begun to change or delete is read from the
 * cloud once it has ended, so that the state holds what is there. Everything else stays as it is.
 *
 * @returns how many operations had been pending; 0 when the last run came to its end
 */
export async function repair(
  stack: Pick<Stack, "exportStack" | "importStack" | "refresh">,
  clouds: CloudClients,
  progress: Progress,
): Promise<number> {
  const exported = await stack.exportStack();
  const state = exported.deployment as DeploymentState;
  const pending = state.pending_operations ?? [];
  if (pending.length === 0) return 0;
  const [creates, others] = [
    pending.filter(({ type }) => type === "creating"),
    pending.filter(({ type }) => type !== "creating"),
  ];
  const held = new Set((state.resources ?? []).map(({ type, id }) => `${type} ${id}`));
  // Dependents first: the state lists resources in the order of their creation.
  for (const { resource } of creates.toReversed()) {
    const create = { ...resource, inputs: resource.inputs ?? {} };
    const undone = await undoCreate(create, clouds, (type, id) => held.has(`${type} ${id}`));
    progress(`${nameOf(resource)}: ${undone}`);
  }
  const inCloud = others.filter(({ resource }) => resource.type.startsWith("hcloud:"));
  // These stay pending until they are read, so that this can be run again when it fails now.
  state.pending_operations = inCloud;
  await stack.importStack(exported);
  for (const { type, resource } of inCloud) {
    const collection = collectionOf(resource.type);
    if (collection !== undefined) await idle(clouds[collection.api], `/${collection.name}/${resource.id}`);
    progress(`${nameOf(resource)}: interrupted while ${type}, reading what is there`);
  }
  if (inCloud.length > 0) {
    await stack.refresh({ target: inCloud.map(({ resource }) => resource.urn), color: "never" });
  }
  return pending.length;
}

const nameOf = ({ urn }: WrittenResource) => urn.split("::").slice(2).join(" ");
