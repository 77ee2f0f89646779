import type { Inputs } from "./settleCreate";

/** A resource as the engine writes it down: of a component, which has no inputs, not even the key is there. */
export interface WrittenResource {
  readonly urn: string;
  readonly type: string;
  readonly custom?: boolean;
  readonly id?: string;
  readonly inputs?: Inputs;
  readonly outputs?: Inputs;
  readonly parent?: string;
  readonly provider?: string;
  readonly protect?: boolean;
  readonly retainOnDelete?: boolean;
  /** What a creation or change ended with that had begun: the next run would change it once more. */
  readonly initErrors?: readonly string[];
  /** It was replaced, and is still to be deleted. */
  readonly delete?: boolean;
  readonly deletedWith?: string;
  readonly dependencies?: readonly string[];
  readonly propertyDependencies?: Readonly<Record<string, readonly string[] | null>>;
  /** RFC 3339. */
  readonly created?: string;
}

export interface PendingOperation {
  readonly type: string;
  readonly resource: WrittenResource;
}

/** The part of a stack's state that a repair reads and writes. */
export interface DeploymentState {
  resources?: WrittenResource[];
  pending_operations?: readonly PendingOperation[];
}

/** What the program called it. */
export const nameOf = ({ urn }: WrittenResource): string => urn.split("::").slice(2).join(" ");

/** What the provider writes of inputs that were not given and that the API does not tell: it takes another value
 * for a change that needs a new object. */
const unread: Readonly<Record<string, Inputs>> = {
  "hcloud:index/storageBox:StorageBox": { sshKeys: [] },
};

/**
 * Writes a resource into the state as if its creation had been answered. What the cloud adds to it is not known
 * yet: a refresh of its URN reads that. One that it was to replace is deleted by the next run.
 */
export function adopt(state: DeploymentState, resource: WrittenResource, id: string): void {
  const { __defaults: _, ...known } = resource.inputs ?? {};
  const resources = state.resources ?? [];
  const replaced = resources.findIndex(({ urn, delete: gone }) => urn === resource.urn && !gone);
  const place = replaced === -1 ? resources.length : replaced;
  state.resources = [
    ...resources.slice(0, place),
    { ...resource, id, outputs: { ...unread[resource.type], ...known, id } },
    ...resources.slice(place).map((other, index) => (index === 0 ? { ...other, delete: true } : other)),
  ];
}

/** Takes resources out of the state, and what others say of them: the next run writes its dependencies anew. */
export function forget(state: DeploymentState, gone: readonly WrittenResource[]): void {
  const urns = new Set(gone.map(({ urn }) => urn));
  const left = (all: readonly string[]) => all.filter((urn) => !urns.has(urn));
  state.resources = (state.resources ?? [])
    .filter(({ urn }) => !urns.has(urn))
    .map((resource) => {
      const { dependencies, propertyDependencies, deletedWith = "" } = resource;
      return {
        ...resource,
        ...(urns.has(deletedWith) && { deletedWith: undefined }),
        ...(dependencies && { dependencies: left(dependencies) }),
        ...(propertyDependencies && {
          propertyDependencies: Object.fromEntries(
            Object.entries(propertyDependencies).map(([key, all]) => [key, left(all ?? [])]),
          ),
        }),
      };
    });
}
