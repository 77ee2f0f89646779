import assert from "node:assert/strict";
import { AgentProcess } from "./support/agentProcess";
import { FakeApi, type Fault } from "./support/fakeApi";
import { agentOptions } from "./support/options";
import { until } from "./support/until";

/** What goes wrong, two times in a row, and the time within which the address has moved all the same. */
const faults: [string, Fault, number][] = [
  ["423 locked", { status: 423, code: "locked" }, 5000],
  ["409 conflict", { status: 409, code: "conflict" }, 5000],
  ["429 rate limit", { status: 429, code: "rate_limit_exceeded" }, 10_000],
  ["500 from the API", { status: 500, code: "service_error" }, 8000],
  ["503 from the API", { status: 503, code: "unavailable" }, 8000],
  ["401 unauthorized", { status: 401, code: "unauthorized" }, 10_000],
  ["404 because a server was rebuilt", { status: 404, code: "not_found" }, 10_000],
  ["an action that ends with an error", "failing action", 8000],
  ["an API that swallows requests", "hang", 14_000],
  ["an API that answers late", "late", 12_000],
];

/** One agent that is master without the address, against one API that fails two times. */
async function overcome(fault: Fault, limit: number): Promise<string | undefined> {
  const api = new FakeApi(agentOptions.apiToken);
  const agent = new AgentProcess(await api.start());
  api.peerAddress = "127.0.0.1";
  let left = 2;
  api.fault = (call) => (call.path.endsWith("/assign") && left-- > 0 ? fault : undefined);
  await agent.start(true);
  const late = await until(() => api.owner === 1, limit).then(
    () => undefined,
    (error: Error) => error.message,
  );
  const printed = await agent.stop();
  await api.stop();
  if (left > 0) return "the fault did not happen";
  if (/Traceback|round failed/.test(printed) || printed.includes(agentOptions.apiToken)) return printed;
  return late;
}

describe("floating IP agent against an API that fails", function () {
  this.timeout(60_000);
  let outcomes: Map<string, string | undefined>;

  before(async function () {
    if (process.platform !== "linux") this.skip();
    // Nearly all of the time is waiting, so all of them wait together.
    outcomes = new Map(
      await Promise.all(
        faults.map(async ([name, fault, limit]) => [name, await overcome(fault, limit)] as const),
      ),
    );
  });

  for (const [name] of faults) {
    it(`gets there in spite of ${name}, two times in a row`, () => {
      assert.equal(outcomes.get(name), undefined);
    });
  }
});
