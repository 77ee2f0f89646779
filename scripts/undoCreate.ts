import { isDeepStrictEqual } from "node:util";
import type { CloudClient, CloudClients } from "./cloudClient";
import { act, type Collection, collectionOf, finished, idle } from "./cloudObjects";

/** A resource whose creation had begun when an engine was killed: it may exist in the cloud, unknown to the state. */
export interface PendingCreate {
  readonly urn: string;
  readonly type: string;
  readonly inputs: Readonly<Record<string, unknown>>;
}

/** Whether the stack's state knows the object: then it is an older one, which a replacement was to follow. */
export type IsHeld = (type: string, id: string) => boolean;

/** A relation between objects: it has no name, and the provider makes its id from its inputs. */
interface Relation {
  id(inputs: PendingCreate["inputs"]): string;
  /** Answers whether there was something to undo. */
  undo(inputs: PendingCreate["inputs"], cloud: CloudClient): Promise<boolean>;
}

const relations: Readonly<Record<string, Relation>> = {
  "hcloud:index/networkSubnet:NetworkSubnet": {
    id: ({ networkId, ipRange }) => `${networkId}-${ipRange}`,
    undo: ({ networkId, ipRange }, cloud) => undoInNetwork(cloud, networkId, "subnets", ipRange),
  },
  "hcloud:index/networkRoute:NetworkRoute": {
    id: ({ networkId, destination }) => `${networkId}-${destination}`,
    undo: ({ networkId, destination }, cloud) => undoInNetwork(cloud, networkId, "routes", destination),
  },
  "hcloud:index/floatingIpAssignment:FloatingIpAssignment": {
    id: ({ floatingIpId }) => String(floatingIpId),
    undo: ({ floatingIpId }, cloud) => releaseServer(cloud, `/floating_ips/${floatingIpId}`, "unassign"),
  },
  "hcloud:index/volumeAttachment:VolumeAttachment": {
    id: ({ volumeId }) => String(volumeId),
    undo: ({ volumeId }, cloud) => releaseServer(cloud, `/volumes/${volumeId}`, "detach"),
  },
};

const nothingLeft = "nothing was left behind";

/**
 * Removes what an interrupted creation left in the cloud, if it left anything. What the state holds, and what
 * carries other labels than the creation asked for, is somebody else's and stays.
 *
 * @returns what was done, for people
 * @throws when the API refuses, with its answer, and when the object is protected from deletion
 */
export async function undoCreate(
  create: PendingCreate,
  clouds: CloudClients,
  isHeld: IsHeld,
): Promise<string> {
  const collection = collectionOf(create.type);
  if (collection !== undefined) return removeByName(create, isHeld, collection, clouds[collection.api]);
  const relation = relations[create.type];
  // Components, set-up scripts and local values leave nothing in the cloud; the next run begins them anew.
  if (relation === undefined) return "will be repeated";
  if (isHeld(create.type, relation.id(create.inputs))) return nothingLeft;
  return (await relation.undo(create.inputs, clouds.cloud))
    ? "undone, a killed run had begun it"
    : nothingLeft;
}

interface NamedObject {
  readonly id: number;
  readonly labels: Readonly<Record<string, string>>;
  readonly protection?: { readonly delete: boolean };
}

async function removeByName(
  create: PendingCreate,
  isHeld: IsHeld,
  collection: Collection,
  cloud: CloudClient,
): Promise<string> {
  const name = nameOf(create);
  const path = `/${collection.name}`;
  const answer = (await cloud("GET", `${path}?name=${encodeURIComponent(name)}`)) as Record<
    string,
    NamedObject[]
  >;
  const [found] = answer[collection.name] ?? [];
  if (found === undefined || isHeld(create.type, String(found.id))) return nothingLeft;
  if (!isDeepStrictEqual({ ...found.labels }, create.inputs.labels ?? {})) {
    return `left alone: ${name} (${collection.name}/${found.id}) carries other labels than this stack gives; rename or delete it yourself`;
  }
  if (found.protection?.delete) {
    throw new Error(
      `${name} (${collection.name}/${found.id}) was begun by a killed run and is protected from deletion already: ` +
        "look at it, take its protection away when nothing on it is needed, and run this again",
    );
  }
  const deleted = (await cloud("DELETE", `${path}/${found.id}`)) as { action?: { id: number } } | undefined;
  if (deleted?.action !== undefined) await finished(cloud, deleted.action.id, collection.actions);
  return `removed ${name}, which a killed run had begun`;
}

/** Without a name the API would answer all objects of the project. */
function nameOf({ urn, inputs }: PendingCreate): string {
  if (typeof inputs.name === "string" && inputs.name !== "") return inputs.name;
  throw new Error(
    `the state tells no name of ${urn}: look in the cloud for what was begun, delete it by hand, ` +
      "and run `pulumi refresh --clear-pending-creates`",
  );
}

/** By what a network knows its parts, and the action that removes one. */
const networkParts = {
  subnets: { key: "ip_range", remove: "delete_subnet" },
  routes: { key: "destination", remove: "delete_route" },
} as const;

async function undoInNetwork(
  cloud: CloudClient,
  networkId: unknown,
  list: keyof typeof networkParts,
  value: unknown,
): Promise<boolean> {
  const { key, remove } = networkParts[list];
  const path = `/networks/${networkId}`;
  await idle(cloud, path);
  const found = (await cloud("GET", path)) as
    | { network: Record<string, Record<string, string>[]> }
    | undefined;
  const entry = found?.network[list]?.find((candidate) => candidate[key] === value);
  if (entry === undefined) return false;
  const body = { [key]: value, ...(list === "routes" && { gateway: entry.gateway }) };
  await act(cloud, `${path}/actions/${remove}`, body);
  return true;
}

/** Takes a floating IP or a volume from the server that it was given to. */
async function releaseServer(
  cloud: CloudClient,
  path: string,
  action: "unassign" | "detach",
): Promise<boolean> {
  await idle(cloud, path);
  const found = (await cloud("GET", path)) as Record<string, { server: number | null }> | undefined;
  if (Object.values(found ?? {})[0]?.server == null) return false;
  await act(cloud, `${path}/actions/${action}`);
  return true;
}
