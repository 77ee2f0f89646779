import assert from "node:assert/strict";
import type { Host } from "../../src/host/contract";
import { HostToCome } from "../../src/host/hostToCome";
import { MemoryHost } from "../api/memoryHost";

function announced() {
  let resolve: (host: Host) => void = () => undefined;
  const promise = new Promise<Host>((arrive) => {
    resolve = arrive;
  });
  return { promise, resolve };
}

describe("a host that is still to come", () => {
  it("lets what is asked of it wait, and then answers as the host itself", async () => {
    const { promise, resolve } = announced();
    const host = new HostToCome(promise);
    let answered = false;
    const running = host.running().then((ids) => {
      answered = true;
      return ids;
    });
    await new Promise(setImmediate);
    assert.equal(answered, false);
    const memory = new MemoryHost();
    memory.running = async () => new Set([7]);
    resolve(memory);
    assert.deepEqual([...(await running)], [7]);
  });

  it("knows nothing of load balancers before", async () => {
    const { promise, resolve } = announced();
    const host = new HostToCome(promise);
    assert.deepEqual([host.targetHealth(1, 80, "10.0.0.2"), host.traffic(1)], ["unknown", []]);
    const memory = new MemoryHost();
    memory.targetHealth = () => "healthy";
    resolve(memory);
    await promise;
    assert.equal(host.targetHealth(1, 80, "10.0.0.2"), "healthy");
  });

  it("hands on those who listen", async () => {
    const memory = new MemoryHost();
    const heard: unknown[] = [];
    const listeners: Parameters<Host["onExit"]>[0][] = [];
    memory.onExit = (listener) => listeners.push(listener);
    const { promise, resolve } = announced();
    new HostToCome(promise).onExit((...exit) => heard.push(exit));
    assert.equal(listeners.length, 0);
    resolve(memory);
    await promise;
    listeners[0]?.(7, "killed");
    assert.deepEqual(heard, [[7, "killed"]]);
  });

  it("tells who waits why it never comes", async () => {
    const host = new HostToCome(Promise.reject(new Error("no image")));
    await assert.rejects(host.removeServer(1), /no image/);
  });
});
