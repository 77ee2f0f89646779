// Zones: create, read, label, delete, and the actions on a zone as a whole.
import { z } from "zod";
import type { Work } from "../../actions/work";
import { assignedNameservers } from "../../dns/authority";
import { MasterFileError } from "../../dns/masterFile";
import type { PrimaryNameserver, Zone } from "../../state/rows";
import { actionReply, actionRoutes, renderAction } from "../calls/actionRoutes";
import {
  type Call,
  created,
  ok,
  ownedByPath,
  type Reply,
  type Route,
  readBody,
  ref,
  startAction,
} from "../calls/call";
import { ApiError, deleteProtected, invalidInput, notUnique } from "../calls/errors";
import { filterByName, sortByIdNameCreated } from "../calls/lists";
import { newRow, type OwnedOptions, readRoutes, updateRoute } from "../calls/owned";
import {
  changed,
  changeProtected,
  initialSets,
  type NewSet,
  requireNewSet,
  type ZoneChange,
} from "./changes";
import { requireConsistent } from "./recordRules";
import { createZoneSchema, defaultTtl, nameserversSchema, zonefileSchema, zoneTtlSchema } from "./schemas";
import { renderZone } from "./views";
import { exportZoneFile, importZoneFile, requireTtl } from "./zoneFiles";
import {
  type ChangeArgs,
  changePrimaryNameservers,
  changeZoneTtl,
  createZone,
  deleteZone,
  importZonefile,
  zoneProtection,
} from "./zoneWorks";

const options: OwnedOptions<"zone"> = {
  kind: "zone",
  path: "/zones",
  render: renderZone,
  list: {
    sort: sortByIdNameCreated,
    filters: { ...filterByName, mode: (row, value) => row.mode === value },
    allowed: { mode: ["primary", "secondary"] },
  },
  repeatable: true,
};

export const zoneRoutes: readonly Route[] = [
  ...readRoutes(options),
  { method: "POST", path: "/zones", handle: create },
  updateRoute(options, { schema: z.object({}), change: (row) => row }),
  { method: "DELETE", path: "/zones/:id", handle: remove },
  { method: "GET", path: "/zones/:id/zonefile", handle: zonefile },
  { method: "POST", path: "/zones/:id/actions/change_ttl", handle: changeTtl },
  { method: "POST", path: "/zones/:id/actions/import_zonefile", handle: importFile },
  { method: "POST", path: "/zones/:id/actions/change_primary_nameservers", handle: changeNameservers },
  zoneProtection.route,
  ...actionRoutes("/zones", "zone"),
];

function create(call: Call): Reply {
  const body = readBody(call, createZoneSchema);
  // A name belongs to one project only, whoever else asks.
  if (call.store.list("zone").some(({ name }) => name === body.name)) {
    throw notUnique(`zone '${body.name}' already exists`);
  }
  const now = new Date();
  const base: Zone = {
    ...newRow(call, call.store.nextId(), body),
    mode: body.mode,
    ttl: body.ttl ?? defaultTtl,
    primaryNameservers: body.mode === "secondary" ? requireNameservers(body.primary_nameservers) : [],
    recordSets: [],
    transfer: null,
    protected: false,
  };
  const zone = body.mode === "secondary" ? base : withContents(base, body, now);
  call.store.put("zone", zone);
  const action = startAction(call, createZone, { zone: zone.id }, [ref("zone", zone.id)]);
  return created({ zone: renderZone(call, zone), action: renderAction(action) });
}

function requireNameservers(servers: readonly PrimaryNameserver[] = []): readonly PrimaryNameserver[] {
  if (servers.length > 0) return servers;
  throw invalidInput("primary_nameservers", "a zone in secondary mode needs at least one");
}

type Body = z.output<typeof createZoneSchema>;

/** What the body brings, and the SOA and NS records that it leaves out. */
function withContents(zone: Zone, { rrsets = [], zonefile = "" }: Body, now: Date): Zone {
  if (zonefile !== "" && rrsets.length > 0) {
    throw invalidInput("rrsets", "must be empty when a zonefile is given");
  }
  const field = zonefile === "" ? "rrsets" : "zonefile";
  const file = zonefile === "" ? null : readZoneFile(zonefile, zone);
  const sets = file?.sets ?? newSets(zone, rrsets);
  const { recordSets } = initialSets(zone.name, sets, assignedNameservers, now);
  const filled: Zone = { ...zone, ttl: file?.ttl ?? zone.ttl, recordSets };
  requireConsistent(filled, field);
  return changed(filled, { do: "zoneTtl", ttl: filled.ttl }, now);
}

function newSets(zone: Zone, rrsets: NonNullable<Body["rrsets"]>): NewSet[] {
  const seen = new Set<string>();
  return rrsets.map(({ name, type, ttl, records, labels }, index) => {
    const set: NewSet = { name, type, ttl: ttl ?? null, records, labels: labels ?? {} };
    requireNewSet(zone, set, `rrsets.${index}.`);
    const id = `${name}/${type}`;
    if (seen.has(id)) throw notUnique(`RRSet '${id}' appears twice`, `rrsets.${index}.name`);
    seen.add(id);
    return set;
  });
}

function readZoneFile(text: string, zone: Zone) {
  const file = importZoneFile(text, zone.name);
  try {
    requireTtl("$TTL", file.ttl);
  } catch (error) {
    if (error instanceof MasterFileError) throw invalidInput("zonefile", error.message);
    throw error;
  }
  return file;
}

function remove(call: Call): Reply {
  const zone = ownedByPath(call, "zone");
  if (zone.protected) throw deleteProtected("zone");
  if (zone.recordSets.some((set) => set.protected)) throw changeProtected();
  return actionReply(startAction(call, deleteZone, { zone: zone.id }, [ref("zone", zone.id)]));
}

/** The zone that the path names, when it has this mode. */
export function zoneByPath(call: Call, mode: Zone["mode"] = "primary"): Zone {
  const zone = ownedByPath(call, "zone");
  if (zone.mode === mode) return zone;
  throw new ApiError(
    "incorrect_zone_mode",
    `zone '${zone.name}' is in ${zone.mode} mode: this operation is for zones in ${mode} mode`,
  );
}

/** Refuses a change that is wrong now, and begins the action that makes it. */
export function beginChange(call: Call, work: Work<ChangeArgs>, zone: Zone, change: ZoneChange) {
  const now = new Date();
  changed(zone, change, now);
  const args = { zone: zone.id, change, now: now.toISOString() };
  return startAction(call, work, args, [ref("zone", zone.id)]);
}

function zonefile(call: Call): Reply {
  return ok({ zonefile: exportZoneFile(zoneByPath(call)) });
}

/** Also of a secondary zone, which the description excepts and the API takes; its records have TTLs of their own. */
function changeTtl(call: Call): Reply {
  const zone = ownedByPath(call, "zone");
  const { ttl } = readBody(call, zoneTtlSchema);
  return actionReply(beginChange(call, changeZoneTtl, zone, { do: "zoneTtl", ttl }));
}

function importFile(call: Call): Reply {
  const zone = zoneByPath(call);
  const file = readZoneFile(readBody(call, zonefileSchema).zonefile, zone);
  const change = { do: "import", ttl: file.ttl ?? zone.ttl, sets: file.sets } as const;
  return actionReply(beginChange(call, importZonefile, zone, change));
}

function changeNameservers(call: Call): Reply {
  const zone = zoneByPath(call, "secondary");
  const { primary_nameservers: primaryNameservers } = readBody(call, nameserversSchema);
  const change = { do: "nameservers", primaryNameservers } as const;
  return actionReply(beginChange(call, changePrimaryNameservers, zone, change));
}
