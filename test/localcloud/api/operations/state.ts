// Everything that a cloud would remember after a kill -9, for comparing before and after.
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import type { TestCloud } from "../testCloud";

/** Reads the database itself, so that it holds for every kind of row, those of tomorrow too. */
export function openState({ directory }: TestCloud) {
  const database = new DatabaseSync(join(directory, "state.sqlite"), { readOnly: true });
  const rows = database.prepare("select id, kind, body from rows order by id");
  return {
    read: () => JSON.stringify(rows.all()),
    close: () => database.close(),
  };
}
