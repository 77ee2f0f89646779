import assert from "node:assert/strict";
import { createCleanUp } from "../../bench/cleanUp";
import { readWrk } from "../../bench/http";
import { parseCpuTimes } from "../../bench/processes";

describe("readings of the local cloud's bench", () => {
  const wrk = `Running 3s test @ http://127.0.0.1:18252/v1/locations
  1 threads and 10 connections
  71236 requests in 3.00s, 130.00MB read
`;

  it("take wrk's rate, unless an answer was no success", () => {
    assert.equal(readWrk(`${wrk}Requests/sec:  23712.40\nTransfer/sec: 43.33MB\n`, "it"), 23_712.4);
    const refused = `${wrk}  Non-2xx or 3xx responses: 12\nRequests/sec:  23712.40\n`;
    assert.throws(() => readWrk(refused, "it"), /it: Non-2xx or 3xx responses: 12/);
    const cut = `${wrk}  Socket errors: connect 0, read 5, write 0, timeout 0\nRequests/sec:  9.00\n`;
    assert.throws(() => readWrk(cut, "it"), /it: Socket errors: connect 0, read 5/);
    assert.throws(() => readWrk("unable to connect", "it"), /it: wrk counted nothing/);
  });

  it("tell a process from its children, whatever its name is", () => {
    const numbers = Array.from({ length: 40 }, () => "0");
    // From the third field on: utime, stime, cutime and cstime are the fields 14 to 17.
    numbers.splice(11, 4, "150", "50", "20", "30");
    assert.deepEqual(parseCpuTimes(`7 (a) b) S ${numbers.slice(1).join(" ")}`), [1.5, 0.5, 0.2, 0.3]);
  });

  it("are cleaned up in reverse, each once, whatever fails", async () => {
    const done: string[] = [];
    const problems: string[] = [];
    const cleanUp = createCleanUp((problem) => problems.push(problem));
    cleanUp.later("first", async () => done.push("first"));
    cleanUp.later("second", () => Promise.reject(new Error("stuck")));
    cleanUp.later("third", async () => done.push("third"));
    await Promise.all([cleanUp.run(), cleanUp.run()]);
    await cleanUp.run();
    assert.deepEqual([done, problems], [["third", "first"], ["second: stuck"]]);
  });
});
