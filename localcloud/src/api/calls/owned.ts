// Routes that every kind of resource of a project has: list, get, rename and relabel.
import { z } from "zod";
import type { OwnedKind, Rows } from "../../state/rows";
import { type Call, listOwned, ok, ownedByPath, type Route, readBody, ref, requireUniqueName } from "./call";
import { labelsField } from "./fields";
import { type ListOptions, listReply } from "./lists";
import { requireFree } from "./locks";

export interface OwnedOptions<K extends OwnedKind> {
  readonly kind: K;
  readonly path: string;
  readonly render: (call: Call, row: Rows[K]) => unknown;
  readonly list: Pick<ListOptions<Rows[K]>, "sort" | "filters" | "allowed">;
  /** See {@link Route.repeatable}: whether `render` and the filters read rows and settings only. @default false */
  readonly repeatable?: boolean;
}

export function readRoutes<K extends OwnedKind>(options: OwnedOptions<K>): readonly Route[] {
  const { kind, path, render, repeatable = false } = options;
  return [
    {
      method: "GET",
      path,
      repeatable,
      handle: (call) =>
        listReply(call, {
          key: path.slice(1),
          rows: listOwned(call, kind),
          render: (row) => render(call, row),
          ...options.list,
        }),
    },
    {
      method: "GET",
      path: `${path}/:id`,
      repeatable,
      handle: (call) => ok({ [kind]: render(call, ownedByPath(call, kind)) }),
    },
  ];
}

/** A name of most kinds: not empty and without control characters. */
export const nameField = z
  .string()
  .min(1)
  .max(128)
  .refine((name) => !/\p{Cc}/u.test(name), { message: "must not contain control characters" });

export interface UpdateOptions<K extends OwnedKind, S extends z.ZodType> {
  /** Fields besides `labels`. */
  readonly schema: S;
  /** The row with the read fields in it. */
  readonly change: (row: Rows[K], body: z.output<S>, call: Call) => Rows[K];
}

/** `PUT /<r>/{id}`; `labels` replaces the whole set, an empty body changes nothing (HC-L5, HC-T7). */
export function updateRoute<K extends OwnedKind, S extends z.ZodType>(
  options: OwnedOptions<K>,
  { schema, change }: UpdateOptions<K, S>,
): Route {
  const { kind, path, render } = options;
  return {
    method: "PUT",
    path: `${path}/:id`,
    handle: (call) => {
      const row = ownedByPath(call, kind);
      const body = readBody(call, schema);
      const { labels } = readBody(call, z.object({ labels: labelsField.optional() }));
      requireFreeForUpdate(call, kind, row.id);
      const changed = change({ ...row, labels: labels ?? row.labels }, body, call);
      requireUniqueName(call, kind, changed.name, row.id);
      call.store.put(kind, changed);
      // Labels decide through selectors which firewalls a server has.
      if (kind === "server" && labels !== undefined) call.networkChanged();
      return ok({ [kind]: render(call, changed) });
    },
  };
}

/** Only networks and firewalls refuse an update while an action runs (HC-K1). */
function requireFreeForUpdate(call: Call, kind: OwnedKind, id: number) {
  if (kind === "network" || kind === "firewall") requireFree(call.store, ref(kind, id));
}

export const renameSchema = z.object({ name: nameField.optional() });

export function rename<R extends { readonly name: string }>(row: R, body: { name?: string | undefined }): R {
  return { ...row, name: body.name ?? row.name };
}

/** What every new row carries. */
export function newRow(
  call: Call,
  id: number,
  body: { name: string; labels?: Record<string, string> | undefined },
) {
  return {
    id,
    project: call.project,
    name: body.name,
    labels: body.labels ?? {},
    created: new Date().toISOString(),
  };
}
