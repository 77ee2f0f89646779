// What the tables of valid requests hold.
import type { Method } from "../description";
import type { Room } from "./room";

export interface ValidRequest {
  /** Below `/v1`. */
  readonly path: string;
  readonly body?: unknown;
  /** Without the question mark. */
  readonly query?: string;
}

/** Makes what the request needs, and the request. It must succeed, and have every field that it can have. */
export type Prepare = (room: Room) => Promise<ValidRequest> | ValidRequest;

/** By operation, such as `POST /servers/{id}/actions/poweron`; several requests where one cannot show all. */
export type Requests = Readonly<Partial<Record<`${Method} /${string}`, Prepare | readonly Prepare[]>>>;

export type Owner = (room: Room) => Promise<{ readonly id: number }>;

/** A request without a body to one object. */
export const to =
  (owner: Owner, path: (id: number) => string): Prepare =>
  async (room) => ({ path: path((await owner(room)).id) });

/** List and get of a kind. */
export function reads(path: `/${string}`, owner: Owner): Requests {
  return {
    [`GET ${path}`]: async (room: Room) => {
      await owner(room);
      return { path, query: "name=a&page=1&per_page=5" };
    },
    [`GET ${path}/{id}`]: to(owner, (id) => `${path}/${id}`),
  };
}

/** The history of a kind, for an owner that has at least one action. */
export function history(path: `/${string}`, owner: Owner): Requests {
  const action = async (room: Room, id: number) => {
    const { actions } = await room.cloud.get(`${path}/${id}/actions`);
    return actions[0].id as number;
  };
  return {
    [`GET ${path}/actions`]: async (room: Room) => {
      await owner(room);
      return { path: `${path}/actions`, query: "status=success&sort=id" };
    },
    [`GET ${path}/actions/{id}`]: async (room: Room) => ({
      path: `${path}/actions/${await action(room, (await owner(room)).id)}`,
    }),
    [`GET ${path}/{id}/actions`]: async (room: Room) => ({
      path: `${path}/${(await owner(room)).id}/actions`,
      query: "status=success&sort=id",
    }),
    [`GET ${path}/{id}/actions/{action_id}`]: async (room: Room) => {
      const { id } = await owner(room);
      return { path: `${path}/${id}/actions/${await action(room, id)}` };
    },
  };
}

export const labels = { environment: "test" };

/** Update and deletion of a kind that has a name and labels. */
export const renames = (path: `/${string}`, owner: Owner, more: object = {}): Requests => ({
  [`PUT ${path}/{id}`]: async (room: Room) => ({
    path: `${path}/${(await owner(room)).id}`,
    body: { name: room.name(), labels, ...more },
  }),
  [`DELETE ${path}/{id}`]: to(owner, (id) => `${path}/${id}`),
});

export const protects = (path: `/${string}`, owner: Owner): Requests => ({
  [`POST ${path}/{id}/actions/change_protection`]: async (room: Room) => ({
    path: `${path}/${(await owner(room)).id}/actions/change_protection`,
    body: { delete: true },
  }),
});

/** One that has an action behind it. */
export const acted =
  (path: `/${string}`, owner: Owner): Owner =>
  async (room) => {
    const row = await owner(room);
    await room.done(`${path}/${row.id}/actions/change_protection`, { delete: false });
    return row;
  };
