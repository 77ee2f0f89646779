import assert from "node:assert/strict";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { until } from "../../../../localcloud/test/images/support/ports";
import { json, type RunningApplication } from "./runningApplication";

/** Tests of what the mode `api` answers. */
export function answersOfApi(app: RunningApplication): void {
  describe("api", () => {
    it("stores an item and finds it by its words", async () => {
      const body = { name: "green canoe", text: "for two" };
      const stored = await app.api.send("POST", "/api/items", body);
      assert.equal(stored.status, 201);
      const { id } = (await stored.json()) as { id: string };
      assert.equal((await json<{ name: string }>(app.api.get(`/api/items/${id}`))).name, "green canoe");
      const hits = await until("the search hit", async () => {
        const found = await json<{ hits: { id: string }[] }>(app.api.get("/api/search?q=canoe"));
        return found.hits.length > 0 ? found.hits : undefined;
      });
      assert.deepEqual(
        hits.map((hit) => hit.id),
        [id],
      );
    });

    it("puts, gets and deletes an object byte by byte", async () => {
      const bytes = Buffer.from([0, 255, 10, 13, 128]);
      const url = `${app.api.url}/api/objects/raw.bin`;
      const headers = { "content-type": "application/octet-stream" };
      assert.equal((await fetch(url, { method: "PUT", headers, body: bytes })).status, 201);
      assert.deepEqual(Buffer.from(await (await fetch(url)).arrayBuffer()), bytes);
      assert.deepEqual(await readFile(join(app.platform.services.objects, "app/uploads/raw.bin")), bytes);
      assert.equal((await fetch(url, { method: "DELETE" })).status, 204);
      assert.equal((await fetch(url)).status, 404);
    });

    it("takes an object of 10 MB, and none of 17", async () => {
      const url = `${app.api.url}/api/objects/large.bin`;
      const put = (bytes: number) => fetch(url, { method: "PUT", body: Buffer.alloc(bytes, 1) });
      const answer = await put(10_000_000);
      assert.deepEqual([answer.status, await answer.json()], [201, { key: "large.bin", bytes: 10_000_000 }]);
      // It does not listen to the end, and who goes on sending may find a closed connection in place of the answer.
      const refused = await put(17 * 1024 * 1024).then(
        ({ status }) => status,
        () => "closed",
      );
      assert.ok(refused === 413 || refused === "closed", String(refused));
      assert.equal((await (await fetch(url)).arrayBuffer()).byteLength, 10_000_000);
      assert.equal((await fetch(url, { method: "DELETE" })).status, 204);
    });

    const refused: readonly [string, string, unknown, number][] = [
      ["POST", "/api/jobs", {}, 400],
      ["POST", "/api/jobs", { text: "a", rounds: 0 }, 400],
      ["POST", "/api/jobs", { text: "a", priority: 1 }, 400],
      ["POST", "/api/items", { name: "" }, 400],
      ["PUT", "/api/objects/..%2Fwelcome.txt", {}, 400],
      ["POST", "/api/nothing", {}, 404],
    ];
    for (const [method, path, body, status] of refused) {
      it(`answers ${status} to ${method} ${path} ${JSON.stringify(body)}`, async () => {
        const answer = await app.api.send(method, path, body);
        assert.equal(answer.status, status);
        assert.ok(((await answer.json()) as { error: { message: string } }).error.message.length > 0);
      });
    }

    it("answers 400 to an id that is none and 404 to one that is unknown", async () => {
      assert.equal((await app.api.get("/api/jobs/7")).status, 400);
      assert.equal((await app.api.get("/api/jobs/00000000-0000-4000-8000-00000000ffff")).status, 404);
    });
  });
}
