import assert from "node:assert/strict";
import { readFile } from "node:fs/promises";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import { parse } from "yaml";
import { visit } from "../../bench/bringUp/load";
import { type Measured, reportOf } from "../../bench/bringUp/report";
import { withAppNodes } from "../../bench/bringUp/side";
import { projectRoot } from "../../scripts/localStack";

describe("the bench of a bring-up", () => {
  it("changes the number of app nodes and nothing else of the stack's file", async () => {
    const text = await readFile(join(projectRoot, "Pulumi.local.yaml"), "utf8");
    const changed = withAppNodes(text, 3);
    assert.equal(parse(changed).config["hetzner-platform:app"].count, 3);
    assert.equal(withAppNodes(changed, 2), text);
    assert.throws(() => withAppNodes("config: {}", 3), /no number of app nodes/);
  });

  it("holds each build against the first, round by round", () => {
    const run = (seconds: number) => ({ seconds, processorSeconds: 2 * seconds, url: "", address: "" });
    const measured = (name: string, seconds: readonly number[]): Measured => ({
      side: { name, up: async () => run(0), down: async () => {} },
      rounds: seconds.map((each) => ({
        ...{ bringUp: run(each), thirdNode: run(each / 4) },
        visits: { answered: 10, failed: 1 },
      })),
    });
    const report = reportOf([measured("old", [100, 200, 300]), measured("new", [50, 60, 150])], 2.25);
    assert.match(report, /\| old \| 200 \[100, 300\] s \| 1 \|/);
    assert.match(report, /\| new \| 60\.0 \[50\.0, 150\] s \| 0\.500 \[0\.300, 0\.500\] \|/);
    assert.match(report, /\| 30, 3 \|/);
    assert.match(report, /Medians of 3 in turns.*load average at the end 2\.[23]/);
  });

  it("counts visits that were answered and those that failed", async () => {
    let asked = 0;
    const server = createServer((_request, response) => {
      asked += 1;
      response.statusCode = asked % 2 === 0 ? 500 : 200;
      response.end("page");
    });
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    const { port } = server.address() as AddressInfo;
    const end = visit({ url: `http://127.0.0.1:${port}/`, address: "127.0.0.1" }, 100);
    while (asked < 6) await new Promise((resolve) => setTimeout(resolve, 5));
    const { answered, failed } = await end();
    server.close();
    assert.equal(answered + failed, asked);
    assert.equal(failed, Math.floor(asked / 2));
  });
});
