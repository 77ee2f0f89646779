import type { CloudClients } from "./cloudClient";
import { collectionOf } from "./cloudObjects";
import { findPart, isRecord } from "./findPart";
import { findRelation, isRelation } from "./findRelation";
import { settleNamed } from "./settleNamed";

/** A resource whose creation had begun, or may have: it may exist in the cloud, unknown to the state. */
export interface LostCreate {
  readonly urn: string;
  readonly type: string;
  readonly inputs: Inputs;
}

export type Inputs = Readonly<Record<string, unknown>>;

/** What is known about the stack beside the creation itself. */
export interface StackFacts {
  readonly clouds: CloudClients;
  /** Whether the stack's state holds the object of this collection: then it is an older one. */
  isHeld(collection: string, id: string): boolean;
  /** Inputs of the resources of this type that the state holds. */
  heldInputs(type: string): readonly Inputs[];
  /** When the runs began that nobody saw end well; what is older is none of theirs. Undefined: nobody knows. */
  readonly since?: Date;
}

/** What was found in the cloud of a lost creation, and what became of it. */
export type Finding =
  /** No trace of it, or only of an older one that the state holds. */
  | { readonly kind: "nothing" }
  /** The next run does it anew, and the cloud ends the same. */
  | { readonly kind: "repeatable" }
  /** It is there as it was wanted, under this id: it belongs in the state. */
  | { readonly kind: "there"; readonly id: string }
  /** It was there, seconds old and with nothing on it, and is not any more. */
  | { readonly kind: "removed"; readonly what: string }
  /** Something is in its place that is not this creation's. */
  | { readonly kind: "foreign"; readonly why: string };

/**
 * Finds out what a lost creation left in the cloud. A relation between objects, and what may hold data, stays and
 * is to be written into the state; another object that a run of this stack has just made is removed; everything
 * else stays and is named.
 *
 * @throws when the API refuses, with its answer, and when the object is protected from deletion
 */
export async function settleCreate(create: LostCreate, facts: StackFacts): Promise<Finding> {
  const collection = collectionOf(create.type);
  if (collection !== undefined) return settleNamed(create, collection, facts);
  return (await findRelation(create, facts)) ?? (await findPart(create, facts)) ?? { kind: "repeatable" };
}

/** Whether what the state holds is at the cloud. Undefined: nobody can tell without its provider. */
export async function isThere(
  held: LostCreate & { readonly id?: string },
  clouds: CloudClients,
): Promise<boolean | undefined> {
  const collection = collectionOf(held.type);
  if (collection !== undefined)
    return (await clouds[collection.api]("GET", `/${collection.name}/${held.id}`)) !== undefined;
  if (!isRelation(held.type) && !isRecord(held.type)) return undefined;
  const { kind } = await settleCreate(held, { clouds, isHeld: () => false, heldInputs: () => [] });
  return kind !== "nothing";
}

/** What a finding is, in one line for people. */
export function inWords(finding: Finding): string {
  switch (finding.kind) {
    case "nothing":
      return "nothing was left behind";
    case "repeatable":
      // Components, set-up scripts and local values leave nothing in the cloud; the next run begins them anew.
      return "will be repeated";
    case "there":
      return "was there, and is in the state now";
    case "removed":
      return `removed ${finding.what}, which a failed run had begun`;
    case "foreign":
      return `left alone: ${finding.why}`;
  }
}
