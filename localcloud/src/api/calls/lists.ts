// Lists as every collection answers them: filter, label selector, sort, page (HC-L1 to HC-L3).
import type { Labels } from "../../state/rows";
import { type Call, ok, type Query, type Reply } from "./call";
import { invalidInput } from "./errors";
import { parseSelector } from "./labels";

/** Reads one sortable value of a row. */
export type SortFields<R> = Readonly<Record<string, (row: R) => string | number>>;

export interface ListOptions<R> {
  /** Root key of the answer: `servers`. */
  readonly key: string;
  readonly rows: readonly R[];
  readonly render: (row: R) => unknown;
  /** @default - no sorting is offered */
  readonly sort?: SortFields<R>;
  /** Query parameters that narrow the list; a repeated parameter means "or". */
  readonly filters?: Readonly<Record<string, (row: R, value: string, call: Call) => boolean>>;
  /** Values that a filter takes, where the API limits them. */
  readonly allowed?: Readonly<Record<string, readonly string[]>>;
  /** Query parameters that are `true` or `false`; read them with `readFlag`. */
  readonly flags?: readonly string[];
  /** The whole list in one answer, without `meta`. @default false */
  readonly unpaged?: boolean;
  /** @default 50 */
  readonly maximumPerPage?: number;
  /** More root keys of the answer. */
  readonly extra?: Readonly<Record<string, unknown>>;
}

export function listReply<R>(call: Call, options: ListOptions<R>): Reply {
  const filtered = bySelector(call.query, byFilters(call, options));
  const sorted = bySort(call.query, filtered, options.sort ?? {});
  if (options.unpaged) return ok({ [options.key]: sorted.map(options.render) });
  const { page, perPage } = readPage(call.query, options.maximumPerPage ?? 50);
  const shown = sorted.slice((page - 1) * perPage, page * perPage);
  const pagination = paginationOf(page, perPage, sorted.length);
  return ok(
    { [options.key]: shown.map(options.render), ...options.extra, meta: { pagination } },
    linkHeader(call, pagination),
  );
}

function byFilters<R>(call: Call, options: ListOptions<R>): readonly R[] {
  for (const name of options.flags ?? []) readFlag(call.query, name);
  let rows = options.rows;
  for (const [name, matches] of Object.entries(options.filters ?? {})) {
    const values = call.query[name];
    if (values === undefined) continue;
    const allowed = options.allowed?.[name];
    const wrong = values.find((value) => allowed !== undefined && !allowed.includes(value));
    if (wrong !== undefined) throw invalidInput(name, `must be one of ${allowed?.join(", ")}`);
    rows = rows.filter((row) => values.some((value) => matches(row, value, call)));
  }
  return rows;
}

function bySelector<R>(query: Query, rows: readonly R[]): readonly R[] {
  const text = query.label_selector?.at(-1);
  if (text === undefined || text === "") return rows;
  const selector = parseSelector(text);
  return rows.filter((row) => {
    const { labels } = row as { labels?: Labels };
    return labels !== undefined && selector(labels);
  });
}

function bySort<R>(query: Query, rows: readonly R[], fields: SortFields<R>): readonly R[] {
  const orders = (query.sort ?? []).map((text) => readOrder(text, fields));
  if (orders.length === 0) return rows;
  return [...rows].sort((a, b) => {
    for (const { read, sign } of orders) {
      const [left, right] = [read(a), read(b)];
      if (left !== right) return left < right ? -sign : sign;
    }
    return 0;
  });
}

function readOrder<R>(text: string, fields: SortFields<R>) {
  const [field = "", direction = "asc", ...rest] = text.split(":");
  const read = Object.hasOwn(fields, field) ? fields[field] : undefined;
  if (read === undefined || rest.length > 0 || (direction !== "asc" && direction !== "desc")) {
    const known = Object.keys(fields).join(", ");
    throw invalidInput("sort", `must be one of ${known}, each with :asc or :desc; got '${text}'`);
  }
  return { read, sign: direction === "asc" ? 1 : -1 };
}

function readPage(query: Query, maximum: number) {
  const page = readCount(query, "page", 1, Number.MAX_SAFE_INTEGER);
  const perPage = readCount(query, "per_page", 25, maximum);
  return { page, perPage };
}

function readCount(query: Query, name: string, fallback: number, maximum: number): number {
  const text = query[name]?.at(-1);
  if (text === undefined) return fallback;
  const count = /^[0-9]{1,15}$/.test(text) ? Number(text) : 0;
  if (count < 1) throw invalidInput(name, `must be a positive integer, got '${text}'`);
  // The description names a maximum without forbidding more: a larger page is cut.
  return Math.min(count, maximum);
}

function paginationOf(page: number, perPage: number, total: number) {
  const last = Math.max(1, Math.ceil(total / perPage));
  return {
    page,
    per_page: perPage,
    previous_page: page > 1 ? page - 1 : null,
    next_page: page < last ? page + 1 : null,
    last_page: last,
    total_entries: total,
  };
}

/** A parameter that is `true` or `false`; hcloud-python writes `True`. */
export function readFlag(query: Query, name: string): boolean {
  const text = query[name]?.at(-1)?.toLowerCase() ?? "false";
  if (text !== "true" && text !== "false") throw invalidInput(name, `must be true or false, got '${text}'`);
  return text === "true";
}

function linkHeader(call: Call, pagination: ReturnType<typeof paginationOf>) {
  const link = (page: number, rel: string) => {
    const query = new URLSearchParams();
    for (const [name, values] of Object.entries(call.query)) {
      if (name !== "page") for (const value of values) query.append(name, value);
    }
    query.set("page", String(page));
    return `<${call.url}?${query}>; rel="${rel}"`;
  };
  const links = [
    ...(pagination.previous_page === null ? [] : [link(pagination.previous_page, "prev")]),
    ...(pagination.next_page === null ? [] : [link(pagination.next_page, "next")]),
    link(pagination.last_page, "last"),
  ];
  return { link: links.join(", ") };
}

type Named = { readonly id: number; readonly name: string; readonly created: string };

export const sortById: SortFields<{ readonly id: number }> = { id: (row) => row.id };
export const sortByIdName: SortFields<{ readonly id: number; readonly name: string }> = {
  id: (row) => row.id,
  name: (row) => row.name,
};
export const sortByIdCreated: SortFields<Pick<Named, "id" | "created">> = {
  id: (row) => row.id,
  created: (row) => row.created,
};
export const sortByIdNameCreated: SortFields<Named> = { ...sortByIdName, created: (row) => row.created };

export const filterByName = { name: (row: { readonly name: string }, value: string) => row.name === value };
