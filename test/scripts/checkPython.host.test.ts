import assert from "node:assert/strict";
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
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
    assert.deepEqual(names, Object.keys(agentModules()));
    assert.equal(await pythonProblems(files, silent), "");
  });

  const mistakes: [string, (text: string) => string, RegExp][] = [
    [
      "a type that does not fit",
      (text) => text.replace("-> Verdict:", "-> int:"),
      /Incompatible return value/,
    ],
    [
      "a function without types",
      (text) => `${text}\n\ndef more(x):  # type: ignore[x]\n    return x\n`,
      /no-untyped-def/,
    ],
    ["a name that nobody uses", (text) => text.replace("from enum", "import os\nfrom enum"), /F401/],
    [
      "another format",
      (text) => text.replace("CLAIMS_PER_MINUTE = 2", "CLAIMS_PER_MINUTE=2"),
      /would be reformatted/,
    ],
  ];
  for (const [name, change, said] of mistakes) {
    it(`is refused with ${name}`, async () => {
      const folder = await mkdtemp(join(tmpdir(), "platform-python-"));
      const path = join(folder, "decision.py");
      const original = await readFile(
        join(__dirname, "../../components/roles/edge/agent/decision.py"),
        "utf8",
      );
      assert.notEqual(change(original), original);
      await writeFile(path, change(original));
      assert.match(await pythonProblems([path], silent), said);
      await rm(folder, { recursive: true });
    });
  }
});
