import type { PendingCreate } from "./repair";

/** A request to the Hetzner API; answers undefined for 404. */
export type CloudClient = (
  method: "GET" | "POST" | "DELETE",
  path: string,
  body?: unknown,
) => Promise<unknown>;

/** The two APIs of Hetzner: storage boxes live behind an address of their own. */
export interface CloudClients {
  readonly cloud: CloudClient;
  readonly hetzner: CloudClient;
}

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

type Undo = (inputs: PendingCreate["inputs"], cloud: CloudClient) => Promise<boolean>;

/** Relations between objects, which have no name of their own. */
const relations: Readonly<Record<string, Undo>> = {
  "hcloud:index/networkSubnet:NetworkSubnet": (inputs, cloud) =>
    undoInNetwork(inputs, cloud, "subnets", "ip_range", String(inputs.ipRange), "delete_subnet"),
  "hcloud:index/networkRoute:NetworkRoute": (inputs, cloud) =>
    undoInNetwork(inputs, cloud, "routes", "destination", String(inputs.destination), "delete_route"),
  "hcloud:index/floatingIpAssignment:FloatingIpAssignment": async (inputs, cloud) => {
    const path = `/floating_ips/${inputs.floatingIpId}`;
    const found = (await cloud("GET", path)) as { floating_ip: { server: number | null } } | undefined;
    if (found?.floating_ip.server == null) return false;
    await act(cloud, `${path}/actions/unassign`);
    return true;
  },
  "hcloud:index/volumeAttachment:VolumeAttachment": async (inputs, cloud) => {
    const path = `/volumes/${inputs.volumeId}`;
    const found = (await cloud("GET", path)) as { volume: { server: number | null } } | undefined;
    if (found?.volume.server == null) return false;
    await act(cloud, `${path}/actions/detach`);
    return true;
  },
};

const STORAGE_BOX = "hcloud:index/storageBox:StorageBox";

/**
 * Removes what an interrupted creation left in the cloud, if it left anything.
 *
 * @returns what was done, for people
 * @throws when the API refuses, with its answer
 */
export async function undoCreate(create: PendingCreate, { cloud, hetzner }: CloudClients): Promise<string> {
  const name = String(create.inputs.name);
  const told = (removed: boolean) =>
    removed ? `removed ${name}, which a killed run had begun` : "nothing was left behind";
  const collection = namedCollections[create.type];
  if (collection !== undefined) return told(await removeByName(collection, name, cloud));
  if (create.type === STORAGE_BOX) {
    return told(await removeByName("storage_boxes", name, hetzner, "/storage_boxes/actions"));
  }
  const undo = relations[create.type];
  // Set-up scripts and local values leave nothing in the cloud; the next run begins them anew.
  if (undo === undefined) return "will be repeated";
  return (await undo(create.inputs, cloud)) ? "undone, a killed run had begun it" : "nothing was left behind";
}

async function removeByName(
  collection: string,
  name: string,
  cloud: CloudClient,
  actions?: string,
): Promise<boolean> {
  const answer = (await cloud("GET", `/${collection}?name=${encodeURIComponent(name)}`)) as Record<
    string,
    { id: number; protection?: { delete: boolean } }[]
  >;
  const [found] = answer[collection] ?? [];
  if (found === undefined) return false;
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
  return true;
}

async function undoInNetwork(
  inputs: PendingCreate["inputs"],
  cloud: CloudClient,
  list: "subnets" | "routes",
  field: string,
  value: string,
  action: string,
): Promise<boolean> {
  const path = `/networks/${inputs.networkId}`;
  const found = (await cloud("GET", path)) as
    | { network: Record<string, Record<string, string>[]> }
    | undefined;
  const entry = found?.network[list]?.find((candidate) => candidate[field] === value);
  if (entry === undefined) return false;
  const body = list === "subnets" ? { ip_range: value } : { destination: value, gateway: entry.gateway };
  await act(cloud, `${path}/actions/${action}`, body);
  return true;
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
    await new Promise((resolve) => setTimeout(resolve, 300));
  }
}

/** A client of one project. @throws with method, path, status and answer for everything but success and 404 */
export function cloudClient(endpoint: string, token: string): CloudClient {
  return async (method, path, body) => {
    const response = await fetch(`${endpoint.replace(/\/$/, "")}${path}`, {
      method,
      headers: { authorization: `Bearer ${token}`, "content-type": "application/json" },
      body: body === undefined ? undefined : JSON.stringify(body),
    });
    const text = await response.text();
    if (response.status === 404) return undefined;
    if (!response.ok) throw new Error(`${method} ${path}: ${response.status} ${text}`);
    return text === "" ? undefined : JSON.parse(text);
  };
}
