// What a handler gets to answer one request, and how it answers. Handlers are synchronous: each runs alone, in
// one transaction, so no two requests ever see half of each other.
import type { z } from "zod";
import type { BeginOptions, Work } from "../../actions/work";
import type { Host } from "../../host/contract";
import type { Settings } from "../../settings/api";
import type { Action, Kind, OwnedKind, ResourceRef, Rows } from "../../state/rows";
import type { Store } from "../../state/store";
import { ApiError, fieldsOf, invalidFields, invalidInput, notFound } from "./errors";
import { requireUnlocked } from "./locks";
import { validationWords } from "./validationWords";

export type Query = Readonly<Record<string, readonly string[]>>;

export interface Call {
  readonly store: Store;
  readonly settings: Settings;
  /** What the machine room has measured. */
  readonly host: Pick<Host, "targetHealth" | "traffic">;
  readonly project: number;
  readonly params: Readonly<Record<string, string>>;
  readonly query: Query;
  /** Parsed JSON; `{}` when the request had no body (HC-T7). */
  readonly body: unknown;
  /** Scheme, host and path of the request, for `Link` headers. */
  readonly url: string;
  /** Begins an action without asking for locks; `startAction` is for requests. */
  begin<A extends object>(work: Work<A>, args: A, options: BeginOptions): Action;
  /** Something changed without an action that the host's network must follow. */
  networkChanged(): void;
}

export interface Reply {
  readonly status: number;
  readonly body?: unknown;
  readonly headers?: Readonly<Record<string, string>>;
}

export interface Route {
  readonly method: "GET" | "POST" | "PUT" | "DELETE";
  /** Below `/v1`, parameters as `:id`. */
  readonly path: string;
  handle(call: Call): Reply;
  /**
   * Asks the machine room before the request has its transaction; resolves to what then answers instead of
   * `handle`. For what only the host knows.
   */
  readonly ask?: (call: Call, host: Host) => Promise<(call: Call) => Reply>;
  /**
   * The answer follows from rows, settings and the request's address alone, not from the host, the time of day or
   * chance: it is given again until a row changes.
   *
   * @default false
   */
  readonly repeatable?: boolean;
}

export const ok = (body: unknown, headers?: Reply["headers"]): Reply => ({ status: 200, body, headers });
export const created = (body: unknown): Reply => ({ status: 201, body });
export const noContent = (): Reply => ({ status: 204 });

/** The body as the schema reads it; unknown keys are dropped (HC-T9). */
export function readBody<S extends z.ZodType>(call: Call, schema: S): z.output<S> {
  const result = schema.safeParse(call.body, { error: validationWords });
  if (result.success) return result.data;
  throw invalidFields(fieldsOf(result.error.issues));
}

const idForm = /^[1-9][0-9]{0,15}$/;

export function readId(text: string | undefined, field = "id"): number {
  const id = text !== undefined && idForm.test(text) ? Number(text) : Number.NaN;
  if (Number.isSafeInteger(id)) return id;
  throw invalidInput(field, "must be an integer between 1 and 9007199254740991");
}

/** How a kind is called in messages. */
export const humanName = (kind: string) => kind.replaceAll("_", " ");

/** The row of this id when the project owns it. */
export function findOwned<K extends OwnedKind>(call: Call, kind: K, id: number): Rows[K] | undefined {
  const row = call.store.get(kind, id);
  return row !== undefined && row.project === call.project ? row : undefined;
}

/** Kinds whose paths take a name as well as an id; their names are never numbers. */
const namedInPaths: ReadonlySet<OwnedKind> = new Set(["zone"]);

/** The row that the path names. */
export function ownedByPath<K extends OwnedKind>(call: Call, kind: K): Rows[K] {
  const text = call.params.id ?? "";
  if (namedInPaths.has(kind) && !idForm.test(text)) {
    const named = listOwned(call, kind).find(({ name }) => name === text);
    if (named === undefined) throw notFound(humanName(kind), text);
    return named;
  }
  const id = readId(text);
  const row = findOwned(call, kind, id);
  if (row === undefined) throw notFound(humanName(kind), id);
  return row;
}

/** The id that the path names, also of a row that is gone. */
export function idByPath(call: Call, kind: OwnedKind): number {
  return idForm.test(call.params.id ?? "") ? readId(call.params.id) : ownedByPath(call, kind).id;
}

/** The row that a field of the body names. */
export function ownedByField<K extends OwnedKind>(call: Call, kind: K, id: number): Rows[K] {
  const row = findOwned(call, kind, id);
  if (row === undefined) throw notFound(humanName(kind), id);
  return row;
}

export function listOwned<K extends OwnedKind>(call: Call, kind: K): Rows[K][] {
  return call.store.list(kind).filter((row) => row.project === call.project);
}

/** Refuses a name that another row of the kind has in this project (HC-S11). */
export function requireUniqueName(call: Call, kind: OwnedKind, name: string, id?: number) {
  if (!listOwned(call, kind).some((row) => row.name === name && row.id !== id)) return;
  const messages: Partial<Record<Kind, string>> = {
    server: "server name is already used",
    ssh_key: "SSH key name is already used",
  };
  throw new ApiError("uniqueness_error", messages[kind] ?? "name is already used", {
    fields: [{ name: "name" }],
  });
}

/** Begins an action that a client asked for: refused while its resources are locked. */
export function startAction<A extends object>(
  call: Call,
  work: Work<A>,
  args: A,
  resources: readonly ResourceRef[],
): Action {
  requireUnlocked(call.store, work.command, resources);
  return call.begin(work, args, { resources });
}

export function matchesIdOrName(wanted: number | string, row: { id: number; name: string | null }): boolean {
  return (typeof wanted === "number" ? wanted === row.id : wanted === row.name) || String(row.id) === wanted;
}

export const ref = (type: Kind, id: number): ResourceRef => ({ id, type });
