/**
 * The whole program, as the engine runs it with the files of prod, qa and local, held against `records/`: every
 * resource with its URN, type, options and inputs, the outputs, and the script that each machine is sent. A change of
 * the program that is meant changes the records in the same commit:
 *
 *   UPDATE_RECORDS=1 npx mocha test/program/*.test.ts
 */
import assert from "node:assert/strict";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { recordStack, type StackRecord } from "./support/recordStack";
import { compareRecord, differenceOf, writeRecord } from "./support/records";

const stacks = ["prod", "qa", "local"];

describe("the program", function () {
  this.timeout(60_000);
  const records = new Map<string, StackRecord>();

  const recordOf = (stack: string): StackRecord => {
    const record = records.get(stack);
    assert.ok(record !== undefined, `${stack} was not recorded`);
    return record;
  };

  before(async () => {
    for (const stack of stacks) records.set(stack, await recordStack(stack));
  });

  for (const stack of stacks) {
    it(`${stack === "prod" ? "S3-1: " : ""}makes of ${stack} what its record says: resources, outputs and every machine's script`, async () => {
      await compareRecord(stack, recordOf(stack));
    });
  }

  it("is the same when it runs again", async () => {
    const again = await recordStack("local");
    for (const [name, text] of recordOf("local")) assert.equal(again.get(name), text, name);
    assert.deepEqual([...again.keys()], [...recordOf("local").keys()]);
  });

  it("has every machine's script in its record, and names in place of ids, tokens and keys", () => {
    for (const stack of stacks) {
      const record = recordOf(stack);
      const list = record.get("resources.yaml") ?? "";
      const servers = [...list.matchAll(/^ {2}urn: \S+hcloud:index\/server:Server::(\S+)$/gm)];
      const scripts = [...record.keys()].filter((name) => name.endsWith(".sh"));
      assert.ok(servers.length >= 6);
      assert.equal(scripts.length, servers.length);
      for (const name of scripts) assert.ok(list.includes(`secret: ${name}\n`), name);
      for (const [name, text] of record) {
        assert.doesNotMatch(
          text,
          /BEGIN OPENSSH PRIVATE KEY|localcloud0localcloud0|\bNaN\b|v1:\w{16}:/,
          name,
        );
      }
      assert.match(list, /networkId: ID-OF-platform-private/);
    }
  });

  it("is shown with its file and the changed line when it differs, and a machine too many too", async () => {
    const folder = await mkdtemp(join(tmpdir(), "kept-"));
    await writeRecord(folder, recordOf("prod"));
    const changed = new Map(recordOf("prod"));
    changed.set("outputs.yaml", `${changed.get("outputs.yaml")}more: 1\n`).set("app9.sh", "another\n");
    const difference = await differenceOf(folder, changed).finally(() => rm(folder, { recursive: true }));
    assert.match(difference, /^\+\+\+ b\/now\/outputs\.yaml\n.*\n.*\n\+more: 1$/m);
    assert.match(difference, /^\+\+\+ b\/now\/app9\.sh\n.*\n\+another$/m);
    assert.equal((difference.match(/^[-+][^-+]/gm) ?? []).length, 2, difference);
  });
});
