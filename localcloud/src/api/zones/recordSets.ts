// Record sets of a zone: create, read, label, delete, and their actions.

import type { Work } from "../../actions/work";
import type { RecordType } from "../../dns/recordData";
import { isRecordType, recordTypes } from "../../dns/recordData";
import type { RecordSet, Zone } from "../../state/rows";
import { actionReply, renderAction } from "../calls/actionRoutes";
import { type Call, created, ok, type Reply, type Route, readBody, ref, startAction } from "../calls/call";
import { invalidInput } from "../calls/errors";
import { listReply, type SortFields } from "../calls/lists";
import { changed, type NewSet, noSuchSet, type ZoneChange } from "./changes";
import { findSet } from "./recordRules";
import {
  addRecordsSchema,
  createRecordSetSchema,
  recordSetLabelsSchema,
  recordSetProtectionSchema,
  recordSetTtlSchema,
  removeRecordsSchema,
  setRecordsSchema,
  updateRecordsSchema,
} from "./schemas";
import { recordSetId, renderRecordSet } from "./views";
import { beginChange, zoneByPath } from "./zones";
import {
  addRecords,
  type ChangeArgs,
  changeRecordSetProtection,
  changeRecordSetTtl,
  createRecordSet,
  deleteRecordSet,
  removeRecords,
  setRecords,
  updateRecords,
} from "./zoneWorks";

const listPath = "/zones/:id/rrsets";
const onePath = `${listPath}/:rr_name/:rr_type`;

const sort: SortFields<RecordSet> = {
  id: recordSetId,
  name: ({ name }) => name,
  created: (set) => set.created,
};

/** An action on one set: which work, and what the body makes of it. */
function action(
  name: string,
  work: Work<ChangeArgs>,
  read: (call: Call, key: SetKey) => ZoneChange,
  status?: 200,
): Route {
  return {
    method: "POST",
    path: `${onePath}/actions/${name}`,
    handle: (call) => {
      const zone = zoneByPath(call);
      const reply = actionReply(beginChange(call, work, zone, read(call, keyByPath(call))));
      return status === undefined ? reply : { ...reply, status };
    },
  };
}

export const recordSetRoutes: readonly Route[] = [
  { method: "GET", path: listPath, repeatable: true, handle: list },
  { method: "POST", path: listPath, handle: create },
  {
    method: "GET",
    path: onePath,
    repeatable: true,
    handle: (call) => reply(zoneByPath(call), setByPath(call)),
  },
  { method: "PUT", path: onePath, handle: update },
  {
    method: "DELETE",
    path: onePath,
    handle: (call) =>
      actionReply(
        beginChange(call, deleteRecordSet, zoneByPath(call), { do: "deleteSet", ...keyByPath(call) }),
      ),
  },
  action("change_protection", changeRecordSetProtection, (call, key) => {
    const { change } = readBody(call, recordSetProtectionSchema);
    return { do: "setProtection", ...key, protected: change };
  }),
  action("change_ttl", changeRecordSetTtl, (call, key) => {
    const { ttl } = readBody(call, recordSetTtlSchema);
    return { do: "setTtl", ...key, ttl };
  }),
  action("set_records", setRecords, (call, key) => {
    const { records } = readBody(call, setRecordsSchema);
    return { do: "setRecords", ...key, records };
  }),
  action("add_records", addRecords, (call, key) => {
    const { records, ttl } = readBody(call, addRecordsSchema);
    return { do: "addRecords", ...key, records, ttl: ttl ?? null };
  }),
  action("remove_records", removeRecords, (call, key) => {
    const { records } = readBody(call, removeRecordsSchema);
    return { do: "removeRecords", ...key, records };
  }),
  action(
    "update_records",
    updateRecords,
    (call, key) => {
      const { records } = readBody(call, updateRecordsSchema);
      return { do: "updateRecords", ...key, records };
    },
    200,
  ),
];

interface SetKey {
  readonly name: string;
  readonly type: RecordType;
}

function keyByPath(call: Call): SetKey {
  const { rr_name: name = "", rr_type: type = "" } = call.params;
  if (!isRecordType(type)) throw invalidInput("rr_type", `must be one of ${recordTypes.join(", ")}`);
  return { name, type };
}

function setByPath(call: Call): RecordSet {
  const key = keyByPath(call);
  const set = findSet(zoneByPath(call), key.name, key.type);
  if (set === undefined) throw noSuchSet(key);
  return set;
}

const reply = (zone: Zone, set: RecordSet): Reply => ok({ rrset: renderRecordSet(zone, set) });

function list(call: Call): Reply {
  const zone = zoneByPath(call);
  return listReply(call, {
    key: "rrsets",
    rows: zone.recordSets,
    render: (set) => renderRecordSet(zone, set),
    sort,
    filters: { name: (set, value) => set.name === value, type: (set, value) => set.type === value },
    allowed: { type: recordTypes },
    maximumPerPage: 100,
  });
}

function create(call: Call): Reply {
  const zone = zoneByPath(call);
  const { name, type, ttl, records, labels } = readBody(call, createRecordSetSchema);
  const set: NewSet = { name, type, ttl: ttl ?? null, records, labels: labels ?? {} };
  // There at once, so that a client can protect it before the name servers have it.
  const next = changed(zone, { do: "createSet", set }, new Date());
  call.store.put("zone", next);
  const begun = startAction(call, createRecordSet, { zone: zone.id }, [ref("zone", zone.id)]);
  const stored = findSet(next, name, type);
  if (stored === undefined) throw noSuchSet({ name, type });
  return created({ rrset: renderRecordSet(next, stored), action: renderAction(begun) });
}

function update(call: Call): Reply {
  const zone = zoneByPath(call);
  const set = setByPath(call);
  const { labels } = readBody(call, recordSetLabelsSchema);
  const next: RecordSet = { ...set, labels: labels ?? set.labels };
  const recordSets = zone.recordSets.map((one) => (one === set ? next : one));
  call.store.put("zone", { ...zone, recordSets });
  return reply(zone, next);
}
