// The state of the local cloud: rows in memory for reading, SQLite for surviving. A transaction writes what it
// changed in one SQLite transaction before it returns, so a kill -9 at any instant leaves either all of a
// request or nothing of it.
import { chmodSync, closeSync, mkdirSync, openSync } from "node:fs";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import type { Kind, Rows } from "./rows";

/** Ids begin here; the catalogue's own ids (locations, server types) are far below. */
const firstId = 10_000_001;

export interface Store {
  /** Grows with each change that is committed, so what was read stays true while it is the same. */
  readonly version: number;
  get<K extends Kind>(kind: K, id: number): Rows[K] | undefined;
  /** All rows of a kind, ordered by id. The same array until a row of the kind changes. */
  list<K extends Kind>(kind: K): readonly Rows[K][];
  put<K extends Kind>(kind: K, row: Rows[K]): void;
  remove(kind: Kind, id: number): void;
  /** One counter for all kinds: a server and a primary IP never share an id (HC-A3). */
  nextId(): number;
  /** Runs `work` and makes its changes durable; undoes them all when it throws. */
  transaction<T>(work: () => T): T;
  /** Runs `work` on the state as it would be, answers what it read, and undoes its changes. */
  preview<T>(work: () => T): T;
  close(): void;
}

type AnyRow = Rows[Kind];

interface Change {
  readonly kind: Kind;
  readonly id: number;
  readonly before: AnyRow | undefined;
}

/**
 * Opens the state in `directory`, which is made when missing. Durability is SQLite's WAL with
 * `synchronous=NORMAL`: a commit survives the death of this process at any instant. It may not survive a power
 * cut of the host, but then the machines are gone as well, and FULL would cost an fsync for each request.
 */
export const openStore = (directory: string): Store => new SqliteStore(directory);

class SqliteStore implements Store {
  readonly #database: DatabaseSync;
  readonly #tables = new Tables();
  readonly #writer: ReturnType<typeof createWriter>;
  readonly #journal: Change[] = [];
  #depth = 0;
  #lastId: number;
  #version = 0;

  constructor(directory: string) {
    mkdirSync(directory, { recursive: true, mode: 0o700 });
    this.#database = openDatabase(join(directory, "state.sqlite"));
    for (const [kind, row] of savedRows(this.#database)) this.#tables.of(kind).put(row);
    this.#lastId = loadLastId(this.#database);
    this.#writer = createWriter(this.#database);
  }

  get version(): number {
    return this.#version;
  }

  get<K extends Kind>(kind: K, id: number): Rows[K] | undefined {
    return this.#tables.of(kind).byId.get(id) as Rows[K] | undefined;
  }

  list<K extends Kind>(kind: K): readonly Rows[K][] {
    return this.#tables.of(kind).sorted() as readonly Rows[K][];
  }

  put<K extends Kind>(kind: K, row: Rows[K]): void {
    this.#record(kind, row.id);
    this.#tables.of(kind).put(row);
  }

  remove(kind: Kind, id: number): void {
    this.#record(kind, id);
    this.#tables.of(kind).remove(id);
  }

  nextId(): number {
    return ++this.#lastId;
  }

  transaction<T>(work: () => T): T {
    if (this.#depth > 0) return work();
    this.#depth = 1;
    try {
      const result = work();
      this.#commit();
      return result;
    } catch (error) {
      this.#undo(0);
      throw error;
    } finally {
      this.#depth = 0;
    }
  }

  preview<T>(work: () => T): T {
    const mark = this.#journal.length;
    this.#depth++;
    try {
      return work();
    } finally {
      this.#undo(mark);
      this.#depth--;
    }
  }

  close(): void {
    this.#database.close();
  }

  #record(kind: Kind, id: number): void {
    if (this.#depth === 0) throw new Error(`${kind} ${id} was changed outside a transaction`);
    this.#journal.push({ kind, id, before: this.#tables.of(kind).byId.get(id) });
  }

  #undo(mark: number): void {
    for (const { kind, id, before } of this.#journal.splice(mark).reverse()) {
      if (before === undefined) this.#tables.of(kind).remove(id);
      else this.#tables.of(kind).put(before);
    }
  }

  #commit(): void {
    if (this.#journal.length === 0) return;
    this.#writer.commit(this.#journal, (kind, id) => this.#tables.of(kind).byId.get(id), this.#lastId);
    this.#journal.length = 0;
    this.#version++;
  }
}

/** Rows of each kind, in memory. */
class Tables {
  readonly #tables = new Map<Kind, Table>();

  of(kind: Kind): Table {
    const known = this.#tables.get(kind);
    if (known !== undefined) return known;
    const table = new Table();
    this.#tables.set(kind, table);
    return table;
  }
}

class Table {
  readonly byId = new Map<number, AnyRow>();
  #sorted: readonly AnyRow[] | undefined;
  #lastId = 0;
  /** Ids only grow, so the map is in order unless an undone removal put an old row behind a new one. */
  #inOrder = true;

  sorted(): readonly AnyRow[] {
    if (this.#sorted === undefined) {
      const rows = [...this.byId.values()];
      this.#sorted = this.#inOrder ? rows : rows.sort((a, b) => a.id - b.id);
    }
    return this.#sorted;
  }

  put(row: AnyRow): void {
    if (row.id < this.#lastId && !this.byId.has(row.id)) this.#inOrder = false;
    this.#lastId = Math.max(this.#lastId, row.id);
    this.byId.set(row.id, row);
    this.#sorted = undefined;
  }

  remove(id: number): void {
    this.byId.delete(id);
    this.#sorted = undefined;
  }
}

function openDatabase(file: string): DatabaseSync {
  // Keys of certificates are in it. SQLite gives its other files the mode of this one.
  closeSync(openSync(file, "a", 0o600));
  chmodSync(file, 0o600);
  const database = new DatabaseSync(file);
  database.exec(`
    pragma journal_mode = wal;
    pragma synchronous = normal;
    create table if not exists rows (id integer primary key, kind text not null, body text not null) strict;
    create table if not exists counters (name text primary key, value integer not null) strict;
  `);
  return database;
}

function* savedRows(database: DatabaseSync): Generator<readonly [Kind, AnyRow]> {
  for (const { kind, body } of database.prepare("select kind, body from rows order by id").iterate()) {
    yield [kind as Kind, JSON.parse(String(body)) as AnyRow];
  }
}

function loadLastId(database: DatabaseSync): number {
  const row = database.prepare("select value from counters where name = 'id'").get();
  return row === undefined ? firstId - 1 : Number(row.value);
}

function createWriter(database: DatabaseSync) {
  const upsert = database.prepare(
    "insert into rows (id, kind, body) values (?, ?, ?) on conflict (id) do update set body = excluded.body",
  );
  const remove = database.prepare("delete from rows where id = ?");
  const count = database.prepare(
    "insert into counters (name, value) values ('id', ?) on conflict (name) do update set value = excluded.value",
  );
  return {
    commit(journal: readonly Change[], read: (kind: Kind, id: number) => AnyRow | undefined, lastId: number) {
      database.exec("begin immediate");
      try {
        const written = new Set<number>();
        for (const { kind, id } of journal) {
          if (written.has(id)) continue;
          written.add(id);
          const row = read(kind, id);
          if (row === undefined) remove.run(id);
          else upsert.run(id, kind, JSON.stringify(row));
        }
        count.run(lastId);
        database.exec("commit");
      } catch (error) {
        if (database.isTransaction) database.exec("rollback");
        throw error;
      }
    },
  };
}
