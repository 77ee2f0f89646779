import type { Json, TestCloud } from "../../testCloud";

export const PASSWORD = "Secret-Passw0rd";
export const NEW = { name: "backups", location: "fsn1", storage_box_type: "bx11", password: PASSWORD };

/** Makes storage boxes and what is in them, and waits for each. */
export function boxesIn(cloud: () => TestCloud) {
  const make = async (more: object = {}): Promise<Json> => {
    const { storage_box, action } = await cloud().ok("POST", "/storage_boxes", { ...NEW, ...more });
    await cloud().succeeds(action);
    return (await cloud().get(`/storage_boxes/${storage_box.id}`)).storage_box;
  };
  const subaccount = async (box: Json, more: object = {}): Promise<Json> => {
    const body = { home_directory: "backups/one", password: PASSWORD, ...more };
    const answer = await cloud().ok("POST", `/storage_boxes/${box.id}/subaccounts`, body);
    await cloud().succeeds(answer.action);
    return (await cloud().get(`/storage_boxes/${box.id}/subaccounts/${answer.subaccount.id}`)).subaccount;
  };
  const snapshot = async (box: Json, more: object = {}): Promise<Json> => {
    const answer = await cloud().ok("POST", `/storage_boxes/${box.id}/snapshots`, more);
    await cloud().succeeds(answer.action);
    return (await cloud().get(`/storage_boxes/${box.id}/snapshots/${answer.snapshot.id}`)).snapshot;
  };
  return { make, subaccount, snapshot };
}
