// The state of the local cloud: rows in memory for reading, SQLite for surviving. A transaction writes what it
// changed in one SQLite transaction before it returns, so a kill -9 at any instant leaves either all of a
// request or nothing of it.
import { chmodSync, closeSync, mkdirSync, openSync } from "node:fs";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import type { Kind, Rows } from "./rows";

/** Ids begin here; the catalogue's own ids (locations, server types) are far below. */
const FIRST_ID = 10_000_001;

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
export function openStore(directory: string): Store {
  mkdirSync(directory, { recursive: true, mode: 0o700 });
  const database = openDatabase(join(directory, "state.sqlite"));
  const memory = loadRows(database);
  const journal: Change[] = [];
  let depth = 0;
  let lastId = loadLastId(database);
  let version = 0;
  const writer = createWriter(database);

  const rowsOf = (kind: Kind) => memory.get(kind) ?? fresh(memory, kind);
  const record = (kind: Kind, id: number) => {
    if (depth === 0) throw new Error(`${kind} ${id} was changed outside a transaction`);
    journal.push({ kind, id, before: rowsOf(kind).byId.get(id) });
  };
  const undo = (mark: number) => {
    for (const change of journal.splice(mark).reverse()) {
      if (change.before === undefined) rowsOf(change.kind).remove(change.id);
      else rowsOf(change.kind).put(change.before);
    }
  };

  const commit = () => {
    if (journal.length === 0) return;
    writer.commit(journal, (kind, id) => rowsOf(kind).byId.get(id), lastId);
    journal.length = 0;
    version++;
  };

  return {
    get version() {
      return version;
    },
    get: <K extends Kind>(kind: K, id: number) => rowsOf(kind).byId.get(id) as Rows[K] | undefined,
    list: <K extends Kind>(kind: K) => rowsOf(kind).sorted() as readonly Rows[K][],
    put: (kind, row) => {
      record(kind, row.id);
      rowsOf(kind).put(row);
    },
    remove: (kind, id) => {
      record(kind, id);
      rowsOf(kind).remove(id);
    },
    nextId: () => ++lastId,
    transaction: (work) => {
      if (depth > 0) return work();
      depth = 1;
      try {
        const result = work();
        commit();
        return result;
      } catch (error) {
        undo(0);
        throw error;
      } finally {
        depth = 0;
      }
    },
    preview: (work) => {
      const mark = journal.length;
      depth++;
      try {
        return work();
      } finally {
        undo(mark);
        depth--;
      }
    },
    close: () => database.close(),
  };
}

interface Table {
  readonly byId: Map<number, AnyRow>;
  sorted(): readonly AnyRow[];
  put(row: AnyRow): void;
  remove(id: number): void;
}

function createTable(): Table {
  const byId = new Map<number, AnyRow>();
  let sorted: readonly AnyRow[] | null = null;
  let lastId = 0;
  /** Ids only grow, so the map is in order unless an undone removal put an old row behind a new one. */
  let inOrder = true;
  return {
    byId,
    sorted: () => {
      if (sorted === null) {
        const rows = [...byId.values()];
        sorted = inOrder ? rows : rows.sort((a, b) => a.id - b.id);
      }
      return sorted;
    },
    put: (row) => {
      if (row.id < lastId && !byId.has(row.id)) inOrder = false;
      lastId = Math.max(lastId, row.id);
      byId.set(row.id, row);
      sorted = null;
    },
    remove: (id) => {
      byId.delete(id);
      sorted = null;
    },
  };
}

function fresh(memory: Map<Kind, Table>, kind: Kind): Table {
  const table = createTable();
  memory.set(kind, table);
  return table;
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

function loadRows(database: DatabaseSync): Map<Kind, Table> {
  const memory = new Map<Kind, Table>();
  for (const { kind, body } of database.prepare("select kind, body from rows order by id").iterate()) {
    const table = memory.get(kind as Kind) ?? fresh(memory, kind as Kind);
    table.put(JSON.parse(String(body)) as AnyRow);
  }
  return memory;
}

function loadLastId(database: DatabaseSync): number {
  const row = database.prepare("select value from counters where name = 'id'").get();
  return row === undefined ? FIRST_ID - 1 : Number(row.value);
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
