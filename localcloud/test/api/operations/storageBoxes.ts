// Valid requests for storage boxes, their subaccounts and their snapshots.
import { history, type Prepare, type Requests, reads, to } from "./request";
import { publicKey, type Room } from "./room";

const path = "/storage_boxes";
const password = "Secret-Passw0rd";
const labels = { environment: "test" };
const access = {
  reachable_externally: true,
  samba_enabled: false,
  ssh_enabled: true,
  webdav_enabled: false,
};

const newBox = (room: Room) => ({
  name: room.name(),
  location: "fsn1",
  storage_box_type: "bx21",
  password,
  labels,
  ssh_keys: [publicKey(1)],
  access_settings: { ...access, zfs_enabled: true },
});

const box = async (room: Room): Promise<{ readonly id: number }> =>
  (await room.done(path, newBox(room))).storage_box;

const newSubaccount = (room: Room) => ({
  home_directory: "backups/one",
  password,
  access_settings: { ...access, readonly: true },
  name: room.name(),
  description: "of one host",
  labels,
});
const newSnapshot = { description: "before", labels };

const subaccount = async (room: Room) => {
  const many = `${path}/${(await box(room)).id}/subaccounts`;
  return `${many}/${(await room.done(many, newSubaccount(room))).subaccount.id}`;
};
const snapshot = async (room: Room) => {
  const many = `${path}/${(await box(room)).id}/snapshots`;
  return `${many}/${(await room.done(many, newSnapshot)).snapshot.id}`;
};

const act =
  (action: string, body?: object): Prepare =>
  async (room) => ({ path: `${path}/${(await box(room)).id}/actions/${action}`, body });

const actOfSubaccount =
  (action: string, body: object): Prepare =>
  async (room) => ({ path: `${await subaccount(room)}/actions/${action}`, body });

const plan = { max_snapshots: 10, minute: 0, hour: 3, day_of_week: 5, day_of_month: 1 };

export const storageBoxRequests: Requests = {
  ...reads("/storage_box_types", async (room) => {
    const { storage_box_types } = await room.cloud.get("/storage_box_types");
    return storage_box_types[0];
  }),
  ...reads(path, box),
  ...history(path, box),
  "POST /storage_boxes": (room) => ({ path, body: newBox(room) }),
  "PUT /storage_boxes/{id}": async (room) => ({
    path: `${path}/${(await box(room)).id}`,
    body: { name: room.name(), labels },
  }),
  "DELETE /storage_boxes/{id}": to(box, (id) => `${path}/${id}`),
  "GET /storage_boxes/{id}/folders": async (room) => ({
    path: `${path}/${(await box(room)).id}/folders`,
    query: "path=.",
  }),
  "POST /storage_boxes/{id}/actions/change_protection": act("change_protection", { delete: true }),
  "POST /storage_boxes/{id}/actions/change_type": act("change_type", { storage_box_type: "bx31" }),
  "POST /storage_boxes/{id}/actions/reset_password": act("reset_password", { password }),
  "POST /storage_boxes/{id}/actions/update_access_settings": act("update_access_settings", {
    ...access,
    zfs_enabled: false,
  }),
  "POST /storage_boxes/{id}/actions/enable_snapshot_plan": act("enable_snapshot_plan", plan),
  "POST /storage_boxes/{id}/actions/disable_snapshot_plan": act("disable_snapshot_plan"),
  "POST /storage_boxes/{id}/actions/rollback_snapshot": async (room) => {
    const [, , id, , child] = (await snapshot(room)).split("/");
    return { path: `${path}/${id}/actions/rollback_snapshot`, body: { snapshot: child } };
  },
  "GET /storage_boxes/{id}/subaccounts": async (room) => ({
    path: `${path}/${(await box(room)).id}/subaccounts`,
    query: "name=a&username=b&sort=created",
  }),
  "POST /storage_boxes/{id}/subaccounts": async (room) => ({
    path: `${path}/${(await box(room)).id}/subaccounts`,
    body: newSubaccount(room),
  }),
  "GET /storage_boxes/{id}/subaccounts/{subaccount_id}": async (room) => ({ path: await subaccount(room) }),
  "PUT /storage_boxes/{id}/subaccounts/{subaccount_id}": async (room) => ({
    path: await subaccount(room),
    body: { name: room.name(), description: "of another host", labels },
  }),
  "DELETE /storage_boxes/{id}/subaccounts/{subaccount_id}": async (room) => ({
    path: await subaccount(room),
  }),
  "POST /storage_boxes/{id}/subaccounts/{subaccount_id}/actions/change_home_directory": actOfSubaccount(
    "change_home_directory",
    { home_directory: "backups/two" },
  ),
  "POST /storage_boxes/{id}/subaccounts/{subaccount_id}/actions/reset_subaccount_password": actOfSubaccount(
    "reset_subaccount_password",
    { password },
  ),
  "POST /storage_boxes/{id}/subaccounts/{subaccount_id}/actions/update_access_settings": actOfSubaccount(
    "update_access_settings",
    { ...access, readonly: false },
  ),
  "GET /storage_boxes/{id}/snapshots": async (room) => ({
    path: `${path}/${(await box(room)).id}/snapshots`,
    query: "name=a&is_automatic=true&sort=created",
  }),
  "POST /storage_boxes/{id}/snapshots": async (room) => ({
    path: `${path}/${(await box(room)).id}/snapshots`,
    body: newSnapshot,
  }),
  "GET /storage_boxes/{id}/snapshots/{snapshot_id}": async (room) => ({ path: await snapshot(room) }),
  "PUT /storage_boxes/{id}/snapshots/{snapshot_id}": async (room) => ({
    path: await snapshot(room),
    body: { description: "after", labels },
  }),
  "DELETE /storage_boxes/{id}/snapshots/{snapshot_id}": async (room) => ({ path: await snapshot(room) }),
};
