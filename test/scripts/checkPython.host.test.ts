import assert from "node:assert/strict";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { certificateModules } from "../../components/roles/edge/acme/files";
import { agentModules } from "../../components/roles/edge/agent/files";
import { pythonFiles, pythonProblems, whyNoPython } from "../../scripts/checkPython";

const silent = () => undefined;

describe("Python that runs on machines", function () {
  this.timeout("3m");
  before(async function () {
    if ((await whyNoPython()) !== undefined) this.skip();
  });

  it("passes linter, formatter and strict types, all of it", async () => {
    const files = await pythonFiles();
    const names = files.map((path) => path.split("/").at(-1));
    // What both have is written once.
    const modules = new Set([...Object.keys(certificateModules()), ...Object.keys(agentModules())]);
    assert.deepEqual(names.toSorted(), [...modules].sort());
    assert.equal(await pythonProblems(files, silent), "");
  });

  const mistakes: [string, (text: string) => string, RegExp][] = [
    [
      "a type that does not fit",
      (text) => text.replace("-> Verdict:", "-> int:"),
      /mistake0\.py:\d+: error: Incompatible return value/,
    ],
    [
      "a function without types",
      (text) => `${text}\n\ndef more(x):  # type: ignore[x]\n    return x\n`,
      /mistake1\.py:\d+: error: [^:]* \[no-untyped-def\]/,
    ],
    [
      "a name that nobody uses",
      (text) => text.replace("from enum", "import os\nfrom enum"),
      /mistake2\.py:\d+:\d+: F401/,
    ],
    [
      "another format",
      (text) => text.replace("CLAIMS_PER_MINUTE = 2", "CLAIMS_PER_MINUTE=2"),
      /would be reformatted --> \S*mistake3\.py/,
    ],
  ];
  it("is refused with each of them", async () => {
    const original = agentModules()["decision.py"] ?? "";
    const folder = await mkdtemp(join(tmpdir(), "platform-python-"));
    const paths = mistakes.map((_, index) => join(folder, `mistake${index}.py`));
    for (const [index, [, change]] of mistakes.entries()) {
      assert.notEqual(change(original), original);
      await writeFile(paths[index] ?? "", change(original));
    }
    const said = await pythonProblems(paths, silent);
    await rm(folder, { recursive: true });
    for (const [name, , wanted] of mistakes) assert.match(said.replaceAll(/\s+/g, " "), wanted, name);
  });
});
