// The objects of Hetzner's APIs that the platform creates by name, and the actions that run on objects.
import type { CloudClient, CloudClients } from "./cloudClient";

/** Where objects of one kind live. Their names are unique in the project. */
export interface Collection {
  readonly api: keyof CloudClients;
  readonly name: string;
  /** Where an action is found by its id. */
  readonly actions: string;
}

const cloudCollection = (name: string): Collection => ({ api: "cloud", name, actions: "/actions" });

const collections: Readonly<Record<string, Collection>> = {
  "hcloud:index/server:Server": cloudCollection("servers"),
  "hcloud:index/network:Network": cloudCollection("networks"),
  "hcloud:index/firewall:Firewall": cloudCollection("firewalls"),
  "hcloud:index/floatingIp:FloatingIp": cloudCollection("floating_ips"),
  "hcloud:index/placementGroup:PlacementGroup": cloudCollection("placement_groups"),
  "hcloud:index/sshKey:SshKey": cloudCollection("ssh_keys"),
  "hcloud:index/volume:Volume": cloudCollection("volumes"),
  "hcloud:index/primaryIp:PrimaryIp": cloudCollection("primary_ips"),
  "hcloud:index/loadBalancer:LoadBalancer": cloudCollection("load_balancers"),
  "hcloud:index/zone:Zone": cloudCollection("zones"),
  "hcloud:index/certificate:Certificate": cloudCollection("certificates"),
  "hcloud:index/uploadedCertificate:UploadedCertificate": cloudCollection("certificates"),
  "hcloud:index/managedCertificate:ManagedCertificate": cloudCollection("certificates"),
  "hcloud:index/storageBox:StorageBox": {
    api: "hetzner",
    name: "storage_boxes",
    actions: "/storage_boxes/actions",
  },
};

/** @returns undefined for relations between objects, and for everything that is not Hetzner's */
export function collectionOf(type: string): Collection | undefined {
  return collections[type];
}

/** Parts of other objects with ids of their own, which the state holds by these. */
const numbered: Readonly<Record<string, string>> = {
  "hcloud:index/snapshot:Snapshot": "images",
  "hcloud:index/storageBoxSnapshot:StorageBoxSnapshot": "box_snapshots",
  "hcloud:index/storageBoxSubaccount:StorageBoxSubaccount": "subaccounts",
};

/** Objects of one kind, whose ids are unique among them. @returns undefined for what has no id of its own */
export function kindOf(type: string): string | undefined {
  return collections[type]?.name ?? numbered[type];
}

/** Two computers' ideas of the same moment: the one that runs the engine, and Hetzner's. */
const clockDifferenceMs = 120_000;

/** Whether the object was made by runs that began then. Nobody knows when: yes. */
export function isNewborn({ created }: { readonly created?: string }, since: Date | undefined): boolean {
  if (created === undefined || since === undefined) return true;
  return Date.parse(created) >= since.getTime() - clockDifferenceMs;
}

/** Waits until no action runs on the object: what a request has begun shows only when its action has ended. */
export async function idle(cloud: CloudClient, path: string): Promise<void> {
  for (;;) {
    const answer = (await cloud("GET", `${path}/actions?status=running`)) as
      | { actions: readonly unknown[] }
      | undefined;
    if (answer === undefined || answer.actions.length === 0) return;
    await pause();
  }
}

/** Runs an action to its end. @throws when it fails, with its error */
export async function act(cloud: CloudClient, path: string, body?: unknown): Promise<void> {
  const { action } = (await cloud("POST", path, body)) as { action: { id: number } };
  await finished(cloud, action.id);
}

/** Waits for the end of an action. @throws when it fails, with its error */
export async function finished(cloud: CloudClient, id: number, actions = "/actions"): Promise<void> {
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
