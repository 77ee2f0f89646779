import assert from "node:assert/strict";
import { join } from "node:path";
import { execa } from "execa";

const program = join(__dirname, "firstAnswerChild.ts");

describe("local cloud API: the first answer", () => {
  it("is given before the schemas and what runs programs are loaded, and no framework is", async () => {
    const { stdout } = await execa(process.execPath, ["--import", "tsx", program]);
    const { status, locations, loaded } = JSON.parse(stdout) as Answer;
    assert.deepEqual([status, locations], [200, ["fsn1"]]);
    assert.ok(loaded.includes("find-my-way"), "the list of modules is one");
    for (const late of ["fastify", "zod", "execa"]) assert.ok(!loaded.includes(late), `${late} is loaded`);
  });
});

interface Answer {
  readonly status: number;
  readonly locations: readonly string[];
  readonly loaded: readonly string[];
}
