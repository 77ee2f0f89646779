// Objects with names of their own, which the API does not make twice. What may hold data goes into the state; of
// the others no run can take over what another one has begun, because user data and private keys cannot be read
// back. Nothing has ever been on a newborn one, so it goes.
import { isDeepStrictEqual } from "node:util";
import type { CloudClient } from "./cloudClient";
import { act, type Collection, finished, idle, isNewborn } from "./cloudObjects";
import type { Finding, LostCreate, StackFacts } from "./settleCreate";

interface NamedObject {
  readonly id: number;
  readonly created?: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly protection?: { readonly delete: boolean };
  /** Of floating IPs: the server that has it. */
  readonly server?: unknown;
}

/** What somebody may have written to, and what a running server may use. */
const kept: ReadonlySet<string> = new Set(["volumes", "storage_boxes", "zones", "primary_ips"]);

/**
 * Finds the object that a lost creation left behind: the state does not hold it, it carries exactly the labels
 * that the creation asked for, and it was made since the runs began that nobody saw end well.
 *
 * @throws when the API refuses, with its answer, and when the object is protected from deletion
 */
export async function settleNamed(
  create: LostCreate,
  collection: Collection,
  { clouds, isHeld, since }: StackFacts,
): Promise<Finding> {
  const cloud = clouds[collection.api];
  const name = nameOf(create);
  const path = `/${collection.name}`;
  const answer = (await cloud("GET", `${path}?name=${encodeURIComponent(name)}`)) as Record<
    string,
    NamedObject[]
  >;
  const [found] = answer[collection.name] ?? [];
  if (found === undefined || isHeld(collection.name, String(found.id))) return { kind: "nothing" };
  const what = `${name} (${collection.name}/${found.id})`;
  const foreign = whyForeign(found, create, since);
  if (foreign !== undefined) return { kind: "foreign", why: `${what} ${foreign}` };
  if (kept.has(collection.name)) {
    await idle(cloud, `${path}/${found.id}`);
    return { kind: "there", id: String(found.id) };
  }
  if (found.protection?.delete) {
    throw new Error(
      `${what} was begun by a failed run and is protected from deletion already: ` +
        "look at it, take its protection away when nothing on it is needed, and run this again",
    );
  }
  await remove(found, collection, cloud);
  return { kind: "removed", what: name };
}

function whyForeign(found: NamedObject, { inputs }: LostCreate, since: Date | undefined): string | undefined {
  if (!isDeepStrictEqual({ ...found.labels }, inputs.labels ?? {}))
    return "carries other labels than this stack gives; rename or delete it yourself";
  if (!isNewborn(found, since))
    return `was made at ${found.created}, before the runs that failed; it may be another stack's. Rename or delete it yourself`;
  return undefined;
}

async function remove(found: NamedObject, collection: Collection, cloud: CloudClient): Promise<void> {
  const path = `/${collection.name}/${found.id}`;
  // One that was made for a server is at it, and the API deletes none that is.
  if (collection.name === "floating_ips" && found.server != null)
    await act(cloud, `${path}/actions/unassign`);
  const deleted = (await cloud("DELETE", path)) as { action?: { id: number } } | undefined;
  if (deleted?.action !== undefined) await finished(cloud, deleted.action.id, collection.actions);
}

/** Without a name the API would answer all objects of the project. */
function nameOf({ urn, inputs }: LostCreate): string {
  if (typeof inputs.name === "string" && inputs.name !== "") return inputs.name;
  throw new Error(
    `the state tells no name of ${urn}: look in the cloud for what was begun, delete it by hand, ` +
      "and run `pulumi refresh --clear-pending-creates`",
  );
}
