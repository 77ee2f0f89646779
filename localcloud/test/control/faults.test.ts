import assert from "node:assert/strict";
import { type ControlApi, PORT, startControlApi } from "./support/controlApi";

describe("control API, faults", () => {
  let control: ControlApi;
  let faults: ControlApi["faults"];
  let ask: ControlApi["ask"];
  let post: ControlApi["post"];
  before(async () => {
    control = await startControlApi();
    ({ faults, ask, post } = control);
  });
  after(() => control.stop());

  it("begins, lists and ends faults", async () => {
    const begun = await post({ fault: { kind: "freeze", server: "web1" }, seconds: 30 });
    assert.equal(begun.statusCode, 201);
    const { fault } = begun.json();
    assert.equal(Date.parse(fault.ends) - Date.parse(fault.began), 30_000);
    assert.deepEqual((await ask("GET", "/faults")).json(), { faults: [fault] });
    assert.deepEqual((await ask("GET", "/state")).json().faults, [fault]);
    assert.equal((await ask("DELETE", `/faults/${fault.id}`)).statusCode, 204);
    assert.equal((await ask("DELETE", `/faults/${fault.id}`)).statusCode, 404);
    await post({ fault: { kind: "freeze", server: "web1" } });
    assert.equal((await ask("DELETE", "/faults")).statusCode, 204);
    assert.deepEqual(faults.active, []);
  });

  const network = {
    kind: "network",
    server: "web1",
    side: "public",
    lossPercent: 5,
    delayMs: 0,
    jitterMs: 0,
  };
  const bad: readonly [string, object, string][] = [
    ["no fault at all", {}, "fault"],
    ["an unknown kind", { fault: { kind: "earthquake" } }, "fault.kind"],
    ["an unknown field", { fault: { kind: "freeze", server: "web1", how: "hard" } }, "fault"],
    ["an effect that does not exist", { fault: { kind: "api", effect: "slow" } }, "fault.effect"],
    ["a day and a second", { fault: { kind: "freeze", server: "web1" }, seconds: 86_401 }, "seconds"],
    ["no time", { fault: { kind: "freeze", server: "web1" }, seconds: 0 }, "seconds"],
    ["no server", { fault: { kind: "freeze", server: "" } }, "fault.server"],
    ["a share above 1", { fault: { kind: "api", effect: "timeout", share: 2 } }, "fault.share"],
    ["latency without a delay", { fault: { kind: "api", effect: "latency" } }, "fault.delayMs"],
    ["sold-out without a type", { fault: { kind: "api", effect: "sold-out" } }, "fault.serverType"],
    [
      "a path for an action",
      { fault: { kind: "api", effect: "stuck-action", pattern: "POST /servers" } },
      "fault.pattern",
    ],
    [
      "an action for a request",
      { fault: { kind: "api", effect: "timeout", pattern: "create_server" } },
      "fault.pattern",
    ],
    [
      "a pattern that is none",
      { fault: { kind: "api", effect: "timeout", pattern: "^(a+)+$" } },
      "fault.pattern",
    ],
    ["a relative path", { fault: { kind: "full-disk", server: "web1", path: "data" } }, "fault.path"],
    [
      "a partition from nowhere",
      { fault: { kind: "partition", server: "web1", from: "moon" } },
      "fault.from",
    ],
    ["a loss above 100 %", { fault: { ...network, lossPercent: 101 } }, "fault.lossPercent"],
    ["a network fault that does nothing", { fault: { ...network, lossPercent: 0 } }, "fault.lossPercent"],
    ["more jitter than delay", { fault: { ...network, jitterMs: 10 } }, "fault.jitterMs"],
    ["a host below 1", { fault: { kind: "host-failure", host: 0 } }, "fault.host"],
  ];
  for (const [what, body, path] of bad) {
    it(`refuses ${what} and names ${path}`, async () => {
      const answer = await post(body);
      assert.equal(answer.statusCode, 422, answer.body);
      const { problems } = answer.json().error;
      assert.deepEqual(
        problems.map((problem: { path: string }) => problem.path),
        [path],
      );
      assert.ok(problems[0].remedy.length > 3);
      assert.deepEqual(faults.active, []);
    });
  }

  it("answers what a fault refuses with its field, value and remedy", async () => {
    const answer = await post({ fault: { kind: "freeze", server: "nobody" } });
    assert.equal(answer.statusCode, 404);
    assert.deepEqual(answer.json().error.problems, [
      { path: "fault.server", value: "nobody", remedy: "there is no server" },
    ]);
  });

  it("does not let a web page break things", async () => {
    const fault = { fault: { kind: "freeze", server: "web1" } };
    const refused: readonly [number, Awaited<ReturnType<typeof ask>>][] = [
      [403, await post(fault, { host: `evil.example:${PORT}` })],
      [403, await ask("GET", "/state", { headers: { host: `rebound.example:${PORT}` } })],
      [403, await post(fault, { host: "127.0.0.1:1" })],
      [403, await post(fault, { origin: "https://evil.example" })],
      [403, await post(fault, { origin: "null" })],
      [403, await ask("GET", "/state", { headers: { origin: "https://evil.example" } })],
      [403, await ask("DELETE", "/faults", { headers: { origin: "http://127.0.0.1:1" } })],
      [415, await post(fault, { "content-type": "text/plain" })],
      [415, await post(fault, { "content-type": "application/x-www-form-urlencoded" })],
      [415, await ask("POST", "/faults")],
    ];
    for (const [status, answer] of refused) {
      assert.equal(answer.statusCode, status, answer.body);
      assert.equal(answer.json().error.problems.length, 1);
    }
    assert.deepEqual(faults.active, []);
    const own = await post(fault, { origin: `http://localhost:${PORT}`, host: `localhost:${PORT}` });
    assert.equal(own.statusCode, 201);
    await ask("DELETE", "/faults");
  });
});
