import { isDeepStrictEqual } from "node:util";
import type { CloudClient, CloudClients } from "./cloudClient";

/** A resource whose creation had begun when an engine was killed: it may exist in the cloud, unknown to the state. */
export interface PendingCreate {
  readonly urn: string;
  readonly type: string;
  readonly inputs: Readonly<Record<string, unknown>>;
}

/** Whether the stack's state knows the object: then it is an older one, which a replacement was to follow. */
export type IsHeld = (type: string, id: string) => boolean;

/** Collections of the Cloud API whose objects the platform creates by a name that is unique in the project. */
const namedCollections: Readonly<Record<string, string>> = {
  "hcloud:index/server:Server": "servers",
  "hcloud:index/network:Network": "networks",
  "hcloud:index/firewall:Firewall": "firewalls",
  "hcloud:index/floatingIp:FloatingIp": "floating_ips",
  "hcloud:index/placementGroup:PlacementGroup": "placement_groups",
  "hcloud:index/sshKey:SshKey": "ssh_keys",
  "hcloud:index/volume:Volume": "volumes",
};

/** A relation between objects: it has no name, and the provider makes its id from its inputs. */
interface Relation {
  id(inputs: PendingCreate["inputs"]): string;
  /** Answers whether there was something to undo. */
  undo(inputs: PendingCreate["inputs"], cloud: CloudClient): Promise<boolean>;
}

const relations: Readonly<Record<string, Relation>> = {
  "hcloud:index/networkSubnet:NetworkSubnet": {
    id: ({ networkId, ipRange }) => `${networkId}-${ipRange}`,
    undo: ({ networkId, ipRange }, cloud) => undoInNetwork(cloud, networkId, "subnets", "ip_range", ipRange),
  },
  "hcloud:index/networkRoute:NetworkRoute": {
    id: ({ networkId, destination }) => `${networkId}-${destination}`,
    undo: ({ networkId, destination }, cloud) =>
      undoInNetwork(cloud, networkId, "routes", "destination", destination),
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

const STORAGE_BOX = "hcloud:index/storageBox:StorageBox";

/**
 * Removes what an interrupted creation left in the cloud, if it left anything. What the state holds, and what
 * carries other labels than the creation asked for, is somebody else's and stays.
 *
 * @returns what was done, for people
 * @throws when the API refuses, with its answer, and when the object is protected from deletion
 */
export async function undoCreate(
  create: PendingCreate,
  { cloud, hetzner }: CloudClients,
  isHeld: IsHeld,
): Promise<string> {
  const collection = namedCollections[create.type];
  if (collection !== undefined) return removeByName(create, isHeld, collection, cloud);
  if (create.type === STORAGE_BOX) {
    return removeByName(create, isHeld, "storage_boxes", hetzner, "/storage_boxes/actions");
  }
  const relation = relations[create.type];
  // Components, set-up scripts and local values leave nothing in the cloud; the next run begins them anew.
  if (relation === undefined) return "will be repeated";
  if (isHeld(create.type, relation.id(create.inputs))) return nothingLeft;
  return (await relation.undo(create.inputs, cloud)) ? "undone, a killed run had begun it" : nothingLeft;
}

interface NamedObject {
  readonly id: number;
  readonly labels: Readonly<Record<string, string>>;
  readonly protection?: { readonly delete: boolean };
}

async function removeByName(
  create: PendingCreate,
  isHeld: IsHeld,
  collection: string,
  cloud: CloudClient,
  actions?: string,
): Promise<string> {
  const name = nameOf(create);
  const answer = (await cloud("GET", `/${collection}?name=${encodeURIComponent(name)}`)) as Record<
    string,
    NamedObject[]
  >;
  const [found] = answer[collection] ?? [];
  if (found === undefined || isHeld(create.type, String(found.id))) return nothingLeft;
  if (!isDeepStrictEqual({ ...found.labels }, create.inputs.labels ?? {})) {
    return `left alone: ${name} (${collection}/${found.id}) carries other labels than this stack gives; rename or delete it yourself`;
  }
  if (found.protection?.delete) {
    throw new Error(
      `${name} (${collection}/${found.id}) was begun by a killed run and is protected from deletion already: ` +
        "look at it, take its protection away when nothing on it is needed, and run this again",
    );
  }
  const deleted = (await cloud("DELETE", `/${collection}/${found.id}`)) as
    | { action?: { id: number } }
    | undefined;
  if (deleted?.action !== undefined) await finished(cloud, deleted.action.id, actions);
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

async function undoInNetwork(
  cloud: CloudClient,
  networkId: unknown,
  list: "subnets" | "routes",
  field: string,
  value: unknown,
): Promise<boolean> {
  const path = `/networks/${networkId}`;
  await idle(cloud, path);
  const found = (await cloud("GET", path)) as
    | { network: Record<string, Record<string, string>[]> }
    | undefined;
  const entry = found?.network[list]?.find((candidate) => candidate[field] === value);
  if (entry === undefined) return false;
  const [action, body] =
    list === "subnets"
      ? ["delete_subnet", { ip_range: value }]
      : ["delete_route", { destination: value, gateway: entry.gateway }];
  await act(cloud, `${path}/actions/${action}`, body);
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

/** The killed run's request shows in an object only when the action that it began has ended. */
async function idle(cloud: CloudClient, path: string): Promise<void> {
  for (;;) {
    const answer = (await cloud("GET", `${path}/actions?status=running`)) as
      | { actions: readonly unknown[] }
      | undefined;
    if (answer === undefined || answer.actions.length === 0) return;
    await pause();
  }
}

async function act(cloud: CloudClient, path: string, body?: unknown): Promise<void> {
  const { action } = (await cloud("POST", path, body)) as { action: { id: number } };
  await finished(cloud, action.id);
}

async function finished(cloud: CloudClient, id: number, actions = "/actions"): Promise<void> {
  for (;;) {
    const { action } = (await cloud("GET", `${actions}/${id}`)) as {
      action: { status: string; error: unknown };
    };
    if (action.status === "success") return;
    if (action.status === "error") throw new Error(`action ${id} failed: ${JSON.stringify(action.error)}`);
    await pause();
  }
}

/** Between two questions about an action: far from the 3600 requests that a project has in an hour. */
const pause = () => new Promise((resolve) => setTimeout(resolve, 300));
