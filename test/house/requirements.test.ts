import assert from "node:assert/strict";
import { glob, readFile } from "node:fs/promises";
import { join } from "node:path";
import { projectRoot } from "../../scripts/localStack";

describe("requirements of Python programs", () => {
  it("name packages and hashes alone: an index or a folder of wheels is the machine's business", async () => {
    const files: string[] = [];
    const exclude = (path: string) => path.endsWith("node_modules");
    for await (const path of glob("**/requirements*.txt", { cwd: projectRoot, exclude })) files.push(path);
    assert.ok(files.length >= 3, `found ${files}`);
    for (const file of files) {
      const lines = (await readFile(join(projectRoot, file), "utf8")).split("\n");
      const wrong = lines.filter(
        (line) => !/^(#.*|\s*|[\w.-]+==[^\\]+\\?|\s+--hash=sha256:\w+( \\)?|\s+#.*)$/.test(line),
      );
      assert.deepEqual(wrong, [], file);
    }
  });
});
