// What can happen to a zone, as data and one pure function. A request tries its change on the row to refuse what
// is wrong; its action makes the change on the row of that moment.
import { defaultSoa, nextSerial } from "../../dns/authority";
import type { RecordType } from "../../dns/recordData";
import type { Labels, PrimaryNameserver, RecordSet, Zone, ZoneRecord } from "../../state/rows";
import { ApiError, invalidInput, notUnique } from "../calls/errors";
import {
  duplicate,
  findSet,
  requireConsistent,
  requireRecordSetName,
  requireRecords,
  sameAs,
} from "./recordRules";

interface SetKey {
  readonly name: string;
  readonly type: RecordType;
}

/** A record set as a request brings it. */
export interface NewSet extends SetKey {
  readonly ttl: number | null;
  readonly labels: Labels;
  readonly records: readonly ZoneRecord[];
}

export type ZoneChange =
  | { readonly do: "createSet"; readonly set: NewSet }
  | ({ readonly do: "deleteSet" } & SetKey)
  | ({ readonly do: "setTtl"; readonly ttl: number | null } & SetKey)
  | ({ readonly do: "setProtection"; readonly protected: boolean } & SetKey)
  | ({ readonly do: "setRecords"; readonly records: readonly ZoneRecord[] } & SetKey)
  | ({
      readonly do: "addRecords";
      readonly records: readonly ZoneRecord[];
      readonly ttl: number | null;
    } & SetKey)
  | ({ readonly do: "removeRecords"; readonly records: readonly ZoneRecord[] } & SetKey)
  | ({ readonly do: "updateRecords"; readonly records: readonly ZoneRecord[] } & SetKey)
  | { readonly do: "zoneTtl"; readonly ttl: number }
  | { readonly do: "import"; readonly ttl: number; readonly sets: readonly NewSet[] }
  | { readonly do: "nameservers"; readonly primaryNameservers: readonly PrimaryNameserver[] };

/**
 * The zone after the change.
 *
 * @param now time of creation of new record sets; its day gives the serial
 * @throws ApiError with the field that is wrong
 */
export function changed(zone: Zone, change: ZoneChange, now: Date): Zone {
  switch (change.do) {
    case "nameservers":
      return { ...zone, primaryNameservers: change.primaryNameservers, transfer: null };
    case "zoneTtl":
      return withNextSerial({ ...zone, ttl: change.ttl }, zone, now);
    case "import":
      return withNextSerial(imported(zone, change, now), zone, now);
    case "createSet":
      return withNextSerial(created(zone, change.set, now), zone, now);
    default:
      return changedSet(zone, change, now);
  }
}

type SetChange = Exclude<ZoneChange, { readonly do: "nameservers" | "zoneTtl" | "import" | "createSet" }>;

function changedSet(zone: Zone, change: SetChange, now: Date): Zone {
  const found = findSet(zone, change.name, change.type);
  if (found === undefined && change.do !== "addRecords") throw noSuchSet(change);
  const before: RecordSet = found ?? { ...emptySet(change, now), labels: {}, ttl: null };
  if (change.do === "setProtection") {
    return withSet(zone, { ...before, protected: change.protected });
  }
  if (before.protected) throw changeProtected();
  const after = change.do === "deleteSet" ? null : nextSet(zone, before, change);
  const next = after === null ? withoutSet(zone, change) : withSet(zone, after);
  requireConsistent(next, after === null ? "type" : "records");
  return withNextSerial(next, zone, now);
}

/** The set after a change of its own; null when no record is left. */
function nextSet(
  zone: Zone,
  set: RecordSet,
  change: Exclude<SetChange, { readonly do: "deleteSet" | "setProtection" }>,
): RecordSet | null {
  switch (change.do) {
    case "setTtl":
      return { ...set, ttl: change.ttl };
    case "setRecords":
      requireRecords(zone, set.type, change.records);
      return { ...set, records: change.records };
    case "addRecords":
      return withAdded(zone, set, change);
    case "removeRecords":
      return withRemoved(zone, set, change.records);
    case "updateRecords":
      return withComments(zone, set, change.records);
  }
}

function withAdded(
  zone: Zone,
  set: RecordSet,
  { records, ttl }: Extract<SetChange, { readonly do: "addRecords" }>,
): RecordSet {
  requireRecordSetName(set.name, zone.name, "name");
  requireRecords(zone, set.type, records);
  if (ttl !== null && set.ttl !== null && ttl !== set.ttl) {
    throw invalidInput("ttl", `the RRSet has the TTL ${set.ttl}: leave it out or give the same, got ${ttl}`);
  }
  const data = sameAs(zone, set.type);
  const present = new Set(set.records.map(({ value }) => data(value)));
  const twice = records.findIndex(({ value }) => present.has(data(value)));
  if (twice >= 0) throw invalidInput(`records.${twice}.value`, duplicate);
  const all = [...set.records, ...records];
  requireRecords(zone, set.type, all);
  return { ...set, ttl: set.ttl ?? ttl, records: all };
}

function withRemoved(zone: Zone, set: RecordSet, records: readonly ZoneRecord[]): RecordSet | null {
  requireRecords(zone, set.type, records);
  const data = sameAs(zone, set.type);
  const present = new Set(set.records.map(({ value }) => data(value)));
  const missing = records.find(({ value }) => !present.has(data(value)));
  if (missing !== undefined) throw new ApiError("not_found", `record '${missing.value}' not found`);
  const removed = new Set(records.map(({ value }) => data(value)));
  const left = set.records.filter(({ value }) => !removed.has(data(value)));
  return left.length === 0 ? null : { ...set, records: left };
}

function withComments(zone: Zone, set: RecordSet, records: readonly ZoneRecord[]): RecordSet {
  requireRecords(zone, set.type, records);
  const data = sameAs(zone, set.type);
  const comments = new Map(records.map(({ value, comment }) => [data(value), comment]));
  const present = new Set(set.records.map(({ value }) => data(value)));
  const missing = records.find(({ value }) => !present.has(data(value)));
  if (missing !== undefined) throw new ApiError("not_found", `record '${missing.value}' not found`);
  return {
    ...set,
    records: set.records.map(({ value, comment }) => ({
      value,
      comment: comments.get(data(value)) ?? (comments.has(data(value)) ? null : comment),
    })),
  };
}

function created(zone: Zone, set: NewSet, now: Date): Zone {
  requireNewSet(zone, set, "");
  if (findSet(zone, set.name, set.type) !== undefined) {
    throw notUnique(`RRSet '${set.name}/${set.type}' already exists`);
  }
  const next = withSet(zone, { ...emptySet(set, now), ...set });
  requireConsistent(next, "type");
  return next;
}

/** @param field path of the set in the body with a dot: `rrsets.0.` */
export function requireNewSet(zone: Pick<Zone, "name" | "recordSets">, set: NewSet, field: string) {
  requireRecordSetName(set.name, zone.name, `${field}name`);
  requireRecords(zone, set.type, set.records, `${field}records`);
}

function imported(
  zone: Zone,
  { ttl, sets }: Extract<ZoneChange, { readonly do: "import" }>,
  now: Date,
): Zone {
  if (zone.recordSets.some((set) => set.protected)) throw changeProtected();
  const next = { ...zone, ttl, recordSets: sorted(sets.map((set) => ({ ...emptySet(set, now), ...set }))) };
  requireConsistent(next, "zonefile");
  return next;
}

const emptySet = ({ name, type }: SetKey, now: Date) => ({
  name,
  type,
  created: now.toISOString(),
  protected: false,
  records: [],
});

/** By name, then by type, with the zone's own first. */
export function sorted(sets: readonly RecordSet[]): readonly RecordSet[] {
  const key = ({ name, type }: RecordSet) => `${name === "@" ? " " : name}/${type}`;
  return [...sets].sort((a, b) => (key(a) < key(b) ? -1 : 1));
}

const withoutSet = (zone: Zone, { name, type }: SetKey): Zone => ({
  ...zone,
  recordSets: zone.recordSets.filter((set) => set.name !== name || set.type !== type),
});

const withSet = (zone: Zone, set: RecordSet): Zone => ({
  ...zone,
  recordSets: sorted([...withoutSet(zone, set).recordSets, set]),
});

/** Serial in the SOA record of a primary zone. */
export function serialOf(zone: Pick<Zone, "recordSets" | "name">): number | null {
  const value = findSet(zone, "@", "SOA")?.records[0]?.value;
  return value === undefined ? null : Number(value.trim().split(/\s+/)[2]);
}

/** Hetzner counts the serial itself; what a client writes there is not taken. */
function withNextSerial(zone: Zone, before: Zone, now: Date): Zone {
  const soa = findSet(zone, "@", "SOA");
  const [record] = soa?.records ?? [];
  if (soa === undefined || record === undefined) return zone;
  const words = record.value.trim().split(/\s+/);
  words[2] = String(nextSerial(serialOf(before), now));
  return withSet(zone, { ...soa, records: [{ ...record, value: words.join(" ") }] });
}

/** A new primary zone with what Hetzner puts into it, unless the sets bring it. */
export function initialSets(
  name: string,
  sets: readonly NewSet[],
  nameservers: readonly string[],
  now: Date,
) {
  const zone = { name, recordSets: sets.map((set) => ({ ...emptySet(set, now), ...set })) };
  const defaults: RecordSet[] = [];
  const standard = (type: "SOA" | "NS", values: readonly string[]) => {
    if (findSet(zone, "@", type) !== undefined) return;
    const records = values.map((value) => ({ value, comment: null }));
    defaults.push({ ...emptySet({ name: "@", type }, now), ttl: null, labels: {}, records });
  };
  standard("SOA", [defaultSoa(0)]);
  standard("NS", nameservers);
  return { ...zone, recordSets: sorted([...defaults, ...zone.recordSets]) };
}

export const changeProtected = () => new ApiError("protected", "RRSet(s) is/are change protected");
export const noSuchSet = ({ name, type }: { name: string; type: string }) =>
  new ApiError("not_found", `RRSet '${name}/${type}' not found`);
