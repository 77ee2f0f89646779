// What lies in another object and is more than a relation to it: records of a zone, copies of a server or of a
// storage box, accesses to one.
import { isDeepStrictEqual } from "node:util";
import type { CloudClient, CloudClients } from "./cloudClient";
import { finished, idle, isNewborn } from "./cloudObjects";
import type { Finding, Inputs, LostCreate, StackFacts } from "./settleCreate";

type Find = (inputs: Inputs, facts: StackFacts) => Promise<Finding>;

const nothing: Finding = { kind: "nothing" };

interface RecordSet {
  readonly ttl: number | null;
  readonly records: readonly { readonly value: string; readonly comment: string | null }[];
}

async function recordSet({ zone, name, type }: Inputs, cloud: CloudClient): Promise<RecordSet | undefined> {
  await idle(cloud, `/zones/${zone}`);
  const answer = await cloud("GET", `/zones/${zone}/rrsets/${encodeURIComponent(String(name))}/${type}`);
  return (answer as { rrset: RecordSet } | undefined)?.rrset;
}

const sameRecord = (a: Inputs, b: Inputs) =>
  ["zone", "name", "type", "value"].every((key) => a[key] === b[key]);

const findRecord: Find = async (inputs, { clouds, heldInputs }) => {
  const type = "hcloud:index/zoneRecord:ZoneRecord";
  if (heldInputs(type).some((held) => sameRecord(held, inputs))) return nothing;
  const set = await recordSet(inputs, clouds.cloud);
  // The provider gives records no ids; this is what the engine writes then.
  return set?.records.some(({ value }) => value === inputs.value)
    ? { kind: "there", id: "missing ID" }
    : nothing;
};

const findRecordSet: Find = async (inputs, { clouds, heldInputs }) => {
  const type = "hcloud:index/zoneRrset:ZoneRrset";
  if (heldInputs(type).some((held) => sameRecord(held, inputs))) return nothing;
  const set = await recordSet(inputs, clouds.cloud);
  if (set === undefined) return nothing;
  const wanted = (inputs.records ?? []) as { value: string }[];
  const valuesOf = (records: readonly { readonly value: string }[]) =>
    records.map(({ value }) => value).sort();
  const id = `${inputs.name}/${inputs.type}`;
  // A run that owns the set overwrites it: records that somebody else has put there would be gone.
  return isDeepStrictEqual(valuesOf(set.records), valuesOf(wanted))
    ? { kind: "there", id }
    : { kind: "foreign", why: `zone ${inputs.zone} has other records as ${id} than this stack gives` };
};

/** A copy, or an access: it carries what the creation gave it. */
interface Part {
  readonly id: number;
  readonly created: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly [key: string]: unknown;
}

/** The newest one that carries what the creation gave, was made since, and is not in the state. */
function newestOf(
  parts: readonly Part[],
  { collection, wanted }: { readonly collection: string; readonly wanted: Readonly<Record<string, unknown>> },
  { isHeld, since }: StackFacts,
): Part | undefined {
  return parts
    .filter((part) => Object.entries(wanted).every(([key, value]) => isDeepStrictEqual(part[key], value)))
    .filter((part) => isNewborn(part, since) && !isHeld(collection, String(part.id)))
    .sort((a, b) => b.id - a.id)[0];
}

const found = (part: Part | undefined): Finding =>
  part === undefined ? nothing : { kind: "there", id: String(part.id) };

const labelsOf = ({ labels = {} }: Inputs) => ({ ...(labels as Record<string, string>) });

/** A second copy would cost as much as the first, silently: the API makes as many as it is asked for. */
const findSnapshot: Find = async (inputs, facts) => {
  await idle(facts.clouds.cloud, `/servers/${inputs.serverId}`);
  const path = "/images?type=snapshot&sort=created:desc&per_page=50";
  const { images } = (await facts.clouds.cloud("GET", path)) as { images: Part[] };
  const ofServer = images.filter(
    ({ created_from }) => String((created_from as { id: number } | null)?.id) === String(inputs.serverId),
  );
  const wanted = { description: inputs.description ?? "", labels: labelsOf(inputs) };
  return found(newestOf(ofServer, { collection: "images", wanted }, facts));
};

async function partsOf(box: unknown, name: string, { hetzner }: CloudClients): Promise<Part[]> {
  await idle(hetzner, `/storage_boxes/${box}`);
  const answer = (await hetzner("GET", `/storage_boxes/${box}/${name}`)) as
    | Record<string, Part[]>
    | undefined;
  return answer?.[name] ?? [];
}

const findBoxSnapshot: Find = async (inputs, facts) => {
  const parts = await partsOf(inputs.storageBoxId, "snapshots", facts.clouds);
  const wanted = { description: inputs.description ?? "", labels: labelsOf(inputs), is_automatic: false };
  return found(newestOf(parts, { collection: "box_snapshots", wanted }, facts));
};

/** It is an access, and what it gives access to stays; its password cannot be read back. */
const removeSubaccount: Find = async (inputs, facts) => {
  const parts = await partsOf(inputs.storageBoxId, "subaccounts", facts.clouds);
  const wanted = { home_directory: inputs.homeDirectory, labels: labelsOf(inputs) };
  const part = newestOf(parts, { collection: "subaccounts", wanted }, facts);
  if (part === undefined) return nothing;
  const { hetzner } = facts.clouds;
  const path = `/storage_boxes/${inputs.storageBoxId}/subaccounts/${part.id}`;
  const { action } = (await hetzner("DELETE", path)) as { action: { id: number } };
  await finished(hetzner, action.id, "/storage_boxes/actions");
  return { kind: "removed", what: `the access to ${inputs.homeDirectory}` };
};

const finders: Readonly<Record<string, Find>> = {
  "hcloud:index/zoneRecord:ZoneRecord": findRecord,
  "hcloud:index/zoneRrset:ZoneRrset": findRecordSet,
  "hcloud:index/snapshot:Snapshot": findSnapshot,
  "hcloud:index/storageBoxSnapshot:StorageBoxSnapshot": findBoxSnapshot,
  "hcloud:index/storageBoxSubaccount:StorageBoxSubaccount": removeSubaccount,
};

/** Whether it is what a zone answers, which can be looked for by its name. */
export const isRecord = (type: string) => finders[type] === findRecord || finders[type] === findRecordSet;

/** @returns undefined for what is no such part */
export async function findPart(
  { type, inputs }: LostCreate,
  facts: StackFacts,
): Promise<Finding | undefined> {
  return finders[type]?.(inputs, facts);
}
