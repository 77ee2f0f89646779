// The table of clients in docs/local-cloud.md says what the tests found.
import assert from "node:assert/strict";
import { readFile } from "node:fs/promises";
import { join } from "node:path";

export async function assertDocumented(client: string, version: string, operations: number): Promise<void> {
  const text = await readFile(join(__dirname, "..", "..", "docs", "local-cloud.md"), "utf8");
  const row = `| ${client} | ${version} | ${operations} |`;
  assert.ok(text.includes(row), `the table of clients in docs/local-cloud.md must say: ${row}`);
}
