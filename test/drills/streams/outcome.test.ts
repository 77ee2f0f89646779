import assert from "node:assert/strict";
import { broken, type Expected, type Outcome, type Outcomes, type StreamName, told } from "./outcome";

const cut: Outcome = { how: "cut", detail: "ECONNRESET", lastGoodAtMs: 4000, endedAtMs: 5500 };
const whole: Outcome = { how: "whole", detail: "201", lastGoodAtMs: 4000, endedAtMs: 90_000 };
const outcomes: Outcomes = { webSocket: cut, upload: whole, events: whole };
const expected = (webSocket: Expected): Record<StreamName, Expected> => ({
  webSocket,
  upload: { how: "whole" },
  events: { how: "whole" },
});

describe("what becomes of a stream", () => {
  it("is told with the time that a visitor needs to know it", () => {
    assert.equal(told(cut, 5000), "is cut, 0.5 s later: ECONNRESET");
    assert.equal(told(whole, 5000), "goes on to its end");
    assert.match(told({ ...cut, how: "silent" }, 5000), /nobody says so \(given up after 1.5 s\)/);
  });

  it("is what is promised, or not", () => {
    assert.deepEqual(broken(outcomes, expected({ how: "cut", afterSeconds: [0, 1] }), 5000), []);
    assert.match(broken(outcomes, expected({ how: "whole" }), 5000).join(), /webSocket: is cut.*not whole/);
    assert.match(
      broken(outcomes, expected({ how: "cut", afterSeconds: [1, 2] }), 5000).join(),
      /not after 1 to 2 s/,
    );
  });
});
