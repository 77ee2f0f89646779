import assert from "node:assert/strict";
import { once } from "node:events";
import { type Replica, whenReady } from "./application";
import type { RunningApplication } from "./runningApplication";

async function opened(replica: Replica, path = "/api/echo"): Promise<WebSocket> {
  const socket = new WebSocket(`${replica.url.replace("http:", "ws:")}${path}`);
  const failed = once(socket, "error").then(() => Promise.reject(new Error(`no WebSocket at ${path}`)));
  await Promise.race([once(socket, "open"), failed]);
  failed.catch(() => {});
  return socket;
}

/** Tests of what stays open. */
export function whatStaysOpen(app: RunningApplication): void {
  describe("what stays open", () => {
    it("a WebSocket gets back what it sends, bytes and long texts too", async () => {
      const socket = await opened(app.api);
      socket.binaryType = "arraybuffer";
      for (const sent of ["a", "b".repeat(5000)]) {
        socket.send(sent);
        const [{ data }] = (await once(socket, "message")) as [MessageEvent];
        assert.equal(data, sent);
      }
      socket.send(Uint8Array.of(0, 255));
      const [{ data }] = (await once(socket, "message")) as [MessageEvent];
      assert.deepEqual(new Uint8Array(data as ArrayBuffer), Uint8Array.of(0, 255));
      socket.close(1000);
      const [{ code, wasClean }] = (await once(socket, "close")) as [CloseEvent];
      assert.deepEqual([code, wasClean], [1000, true]);
    });

    it("no other path is a WebSocket", () => assert.rejects(opened(app.api, "/api/whoami")));

    it("an event stream says something, is silent, and says something more", async () => {
      const answer = await app.api.get("/api/events?silentSeconds=1");
      assert.equal(answer.headers.get("content-type"), "text/event-stream");
      assert.match(await answer.text(), /^event: begin\n.*\n\nevent: end\n/);
      assert.equal((await app.api.get("/api/events?silentSeconds=-1")).status, 400);
    });

    it("a replica that stops ends both, says so to the WebSocket, and exits with 0", async () => {
      const leaving = await app.platform.start("api", 9, { DRAIN_SECONDS: "0" });
      await whenReady(leaving);
      const socket = await opened(leaving);
      const events = await leaving.get("/api/events?silentSeconds=600");
      leaving.container.signal("SIGTERM");
      const [{ code }] = (await once(socket, "close")) as [CloseEvent];
      assert.equal(code, 1001);
      assert.doesNotMatch(await events.text(), /event: end/);
      assert.equal(await leaving.container.exited, 0);
    });
  });
}
