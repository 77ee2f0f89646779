// Storage boxes, subaccounts and snapshots as Hetzner's objects.
import { locationNamed, storageBoxTypeNamed } from "../../catalogue/catalogue";
import type { StorageBox, StorageBoxSnapshot, StorageBoxSubaccount } from "../../state/rows";
import { serverName } from "../../storageBoxes/names";
import { renderLocation, renderStorageBoxType } from "../catalogue/catalogueViews";

export function renderStorageBox(row: StorageBox) {
  const known = row.status === "active";
  return {
    id: row.id,
    name: row.name,
    storage_box_type: renderStorageBoxType(storageBoxTypeNamed(row.storageBoxType)),
    location: renderLocation(locationNamed(row.location)),
    access_settings: row.accessSettings,
    status: row.status,
    username: known ? row.username : null,
    server: known ? serverName(row.username) : null,
    system: known ? `${row.location.toUpperCase()}-BX1` : null,
    snapshot_plan: row.snapshotPlan,
    protection: { delete: row.protected },
    labels: row.labels,
    stats: {
      size: sizeOf(row),
      size_data: row.sizeData,
      size_snapshots: row.sizeSnapshots,
    },
    created: row.created,
  };
}

export const sizeOf = ({ sizeData, sizeSnapshots }: StorageBox) => sizeData + sizeSnapshots;

export function renderSubaccount(row: StorageBoxSubaccount) {
  return {
    id: row.id,
    storage_box: row.storageBox,
    name: row.name,
    username: row.username,
    server: serverName(row.username),
    home_directory: row.homeDirectory,
    access_settings: row.accessSettings,
    description: row.description,
    labels: row.labels,
    created: row.created,
  };
}

export function renderStorageBoxSnapshot(row: StorageBoxSnapshot) {
  return {
    id: row.id,
    storage_box: row.storageBox,
    name: row.name,
    description: row.description,
    is_automatic: row.isAutomatic,
    stats: { size: row.size, size_filesystem: row.sizeFilesystem },
    labels: row.labels,
    created: row.created,
  };
}
