import assert from "node:assert/strict";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Deployed } from "../../../scripts/deploy/attempt";
import { noticeText, tell } from "../../../scripts/deploy/notice";

const origin = { who: "ada", revision: "v2" };
const of = (deployed: Partial<Deployed>): Deployed => ({
  ...{ outcome: "done", changes: { update: 3, same: 60 }, seconds: 61.4 },
  ...deployed,
});

describe("noticeText", () => {
  for (const [deployed, text] of [
    [{}, "prod: 3 update, and the site answers (61 s, v2 by ada)"],
    [{ changes: { same: 63 } }, "prod: nothing to change, and the site answers (61 s, v2 by ada)"],
    [{ outcome: "previewed" }, "prod: would change: 3 update (61 s, v2 by ada)"],
    [
      { outcome: "unwell", reason: "https://x/: answer 503" },
      "prod: 3 update, but the site does not answer as it should (61 s, v2 by ada)\nhttps://x/: answer 503",
    ],
  ] as const) {
    it(text.split("\n")[0] ?? "", () => assert.equal(noticeText("prod", origin, of(deployed)), text));
  }

  it("keeps a long reason short, for a chat", () => {
    assert.ok(noticeText("prod", origin, of({ outcome: "failed", reason: "x".repeat(9999) })).length < 1800);
  });
});

describe("tell", () => {
  const said: string[] = [];
  const say = (line: string) => void said.push(line);
  beforeEach(() => said.splice(0));

  it("posts to the webhook and adds to the summary of the job", async () => {
    const got: unknown[] = [];
    const server = createServer(async (request, response) => {
      got.push([request.headers["content-type"], JSON.parse((await request.toArray()).join(""))]);
      response.end();
    });
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    const folder = mkdtempSync(join(tmpdir(), "notice-"));
    const { port } = server.address() as AddressInfo;
    await tell("prod: done", `http://127.0.0.1:${port}/planted-secret`, join(folder, "summary"), say);
    server.close();
    assert.deepEqual(got, [["application/json", { text: "prod: done" }]]);
    assert.equal(readFileSync(join(folder, "summary"), "utf8"), "prod: done\n");
    assert.deepEqual(said, []);
    rmSync(folder, { recursive: true });
  });

  it("says that nobody was told, without the webhook's address, which is a secret", async () => {
    await tell("prod: done", "http://127.0.0.1:1/planted-secret", undefined, say);
    assert.deepEqual(said, ["DEPLOY_WEBHOOK could not be reached: nobody was told"]);
  });
});
