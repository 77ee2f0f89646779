import assert from "node:assert/strict";
import { passwordHash } from "../../src/api/servers/rootPassword";

/** Asserts that a hash, with the salt and the rounds that it names, is this password's. */
export function assertHashOf(password: string, hash: string | null | undefined): void {
  const [, rounds, salt = ""] = /^\$6\$(?:rounds=(\d+)\$)?([^$]+)\$/.exec(hash ?? "") ?? [];
  assert.equal(hash, passwordHash(password, salt, rounds === undefined ? undefined : Number(rounds)));
}
