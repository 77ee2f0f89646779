import assert from "node:assert/strict";
import { mkdtempSync, readFileSync, renameSync, rmSync, statSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as pause } from "node:timers/promises";
import { openLineLog } from "../../src/daemon/lineLog";

describe("line log", () => {
  let folder: string;
  let path: string;
  const problems: string[] = [];
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), "line-log-"));
    path = join(folder, "api.log");
    problems.length = 0;
  });
  afterEach(() => rmSync(folder, { recursive: true, force: true }));
  const open = () => openLineLog(path, (problem) => problems.push(problem));

  it("is only for its owner to read, and goes on at the end of what is there", () => {
    for (const line of ["one", "two"]) {
      const log = open();
      log.write(line);
      log.close();
    }
    assert.equal(readFileSync(path, "utf8"), "one\ntwo\n");
    assert.equal(statSync(path).mode & 0o777, 0o600);
  });

  it("writes a line soon without being closed, into a new file when the old one was moved away", async () => {
    const log = open();
    renameSync(path, `${path}.1`);
    log.write("one");
    log.write("two");
    await pause(300);
    assert.equal(readFileSync(path, "utf8"), "one\ntwo\n");
    assert.equal(statSync(path).mode & 0o777, 0o600);
  });

  it("tells of lines that it cannot write, and goes on", () => {
    const log = open();
    rmSync(folder, { recursive: true });
    log.write("one");
    log.close();
    assert.match(problems.join(), /lines of .*api\.log are lost: .*ENOENT/);
  });
});
