// Everything that a cloud would remember after a kill -9, for comparing before and after.
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import type { TestCloud } from "../testCloud";

/**
 * Noon of today: who compares states does not want the backups that a cloud makes by itself in the window `22-02`,
 * whatever time it is.
 */
export const atNoon = (): Date => new Date(new Date().setUTCHours(12, 0, 0, 0));

/** Reads the database itself, so that it holds for every kind of row, those of tomorrow too. */
export function openState({ directory }: TestCloud) {
  const database = new DatabaseSync(join(directory, "state.sqlite"), { readOnly: true });
  const rows = database.prepare("select id, kind, body from rows order by id");
  // SQLite's own counter of what other connections committed: nothing committed is nothing changed.
  const version = database.prepare("pragma data_version");
  let known = { version: -1, text: "" };
  return {
    read: () => {
      const now = Number(version.get()?.data_version);
      if (now !== known.version) known = { version: now, text: JSON.stringify(rows.all()) };
      return known.text;
    },
    close: () => database.close(),
  };
}
