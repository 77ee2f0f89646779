// The actions of zones. Their host part is always the same: the name servers answer the zones as they are after
// the effect.

import { ActionFailure, type AnyWork, defineWork, gone, type Work } from "../../actions/work";
import type { Action, ResourceRef } from "../../state/rows";
import type { Store } from "../../state/store";
import { ApiError } from "../calls/errors";
import { protectionOf } from "../calls/protection";
import { changed, type ZoneChange } from "./changes";

/** Whether an action publishes this zone; protection changes nothing that name servers know. */
export const isOf = (zone: ResourceRef) => (action: Action) =>
  publishing.has(action.command) &&
  action.resources.some(({ id, type }) => id === zone.id && type === zone.type);

export interface ZoneArgs {
  readonly zone: number;
}

export interface ChangeArgs extends ZoneArgs {
  readonly change: ZoneChange;
  readonly now: string;
}

/** The row is there already, so only the name servers have to learn of it. */
function publish(command: string): Work<ZoneArgs> {
  return defineWork<ZoneArgs>({
    name: command,
    command,
    names: true,
    effect: (store, { zone }) => {
      zoneOf(store, zone);
    },
  });
}

function change(command: string, names = true): Work<ChangeArgs> {
  return defineWork<ChangeArgs>({
    name: command,
    command,
    names,
    effect: (store, args) => {
      const zone = zoneOf(store, args.zone);
      try {
        store.put("zone", changed(zone, args.change, new Date(args.now)));
      } catch (error) {
        if (error instanceof ApiError) throw new ActionFailure(error.code, error.message);
        throw error;
      }
    },
  });
}

function zoneOf(store: Store, id: number) {
  const zone = store.get("zone", id);
  if (zone === undefined) throw gone("zone", id);
  return zone;
}

export const createZone = publish("create_zone");
export const createRecordSet = publish("create_rrset");
export const deleteZone = defineWork<ZoneArgs>({
  name: "delete_zone",
  command: "delete_zone",
  names: true,
  effect: (store, { zone }) => store.remove("zone", zone),
});
export const changeZoneTtl = change("change_ttl");
export const importZonefile = change("import_zonefile");
export const changePrimaryNameservers = change("change_primary_nameservers");
export const deleteRecordSet = change("delete_rrset");
export const changeRecordSetTtl = change("change_rrset_ttl");
export const changeRecordSetProtection = change("change_rrset_protection", false);
export const setRecords = change("set_rrset_records");
export const addRecords = change("add_rrset_records");
export const removeRecords = change("remove_rrset_records");
/** Comments are not in DNS. */
export const updateRecords = change("update_rrset_records", false);
export const zoneProtection = protectionOf("/zones", "zone");

export const zoneWorks: readonly AnyWork[] = [
  createZone,
  deleteZone,
  changeZoneTtl,
  importZonefile,
  changePrimaryNameservers,
  createRecordSet,
  deleteRecordSet,
  changeRecordSetTtl,
  changeRecordSetProtection,
  setRecords,
  addRecords,
  removeRecords,
  updateRecords,
  zoneProtection.work,
];

const publishing: ReadonlySet<string> = new Set(
  [
    createZone,
    changeZoneTtl,
    importZonefile,
    changePrimaryNameservers,
    createRecordSet,
    deleteRecordSet,
    changeRecordSetTtl,
    setRecords,
    addRecords,
    removeRecords,
  ].map(({ command }) => command),
);
