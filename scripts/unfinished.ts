// An object was made, and what came after it failed: its action was not seen to end, or a later step was refused.
// The engine writes it down with the errors and lets the next run change it. The provider changes no relation, so
// that run fails, and so does each one after it; of other objects it changes nothing and takes them for whole.
import type { CloudClients } from "./cloudClient";
import { collectionOf, idle } from "./cloudObjects";
import type { DeploymentState, WrittenResource } from "./writtenState";

/** What the state holds of that kind. */
export const unfinishedIn = ({ resources = [] }: DeploymentState): readonly WrittenResource[] =>
  resources.filter(({ type, initErrors = [] }) => type.startsWith("hcloud:") && initErrors.length > 0);

/** Waits until what the object was made with has ended. */
export async function settled({ type, id }: WrittenResource, clouds: CloudClients): Promise<void> {
  const collection = collectionOf(type);
  if (collection !== undefined) await idle(clouds[collection.api], `/${collection.name}/${id}`);
}

interface Server {
  readonly status: string;
  readonly private_net: readonly { readonly network: number }[];
}

/** What a server lacks that was made by halves; undefined when nothing is missing, and for everything else. */
export async function lackOf(
  { urn, type, id, inputs = {} }: WrittenResource,
  { cloud }: CloudClients,
): Promise<string | undefined> {
  if (type !== "hcloud:index/server:Server") return undefined;
  const { server } = ((await cloud("GET", `/servers/${id}`)) ?? {}) as { server?: Server };
  if (server === undefined) return undefined;
  const has = new Set(server.private_net.map(({ network }) => String(network)));
  const networks = (inputs.networks ?? []) as { readonly networkId?: unknown; readonly subnetId?: unknown }[];
  const lacks = networks.some(
    ({ networkId, subnetId }) => !has.has(String(networkId ?? String(subnetId).split("-")[0])),
  );
  if (!lacks && server.status === "running") return undefined;
  const what = lacks ? "has no private network" : `is ${server.status}`;
  return `was made by halves, it ${what}: if nothing has run on it yet, pulumi up --replace '${urn}'`;
}
