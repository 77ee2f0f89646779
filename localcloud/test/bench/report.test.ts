import assert from "node:assert/strict";
import { type Measure, reaches, reportText, spreadText } from "../../bench/report";
import { spreadOf } from "../../bench/statistics";

const measure = (more: Partial<Measure>): Measure => ({
  name: "a thing",
  unit: "ms",
  ours: spreadOf([100]),
  ...more,
});

describe("report of the local cloud's bench", () => {
  it("judges the ratio where there is one, else the number itself", () => {
    assert.equal(reaches(measure({})), undefined);
    assert.equal(reaches(measure({ target: { is: "at most", value: 100 } })), true);
    assert.equal(reaches(measure({ target: { is: "at most", value: 99 } })), false);
    const ratio = spreadOf([14, 16, 18]);
    assert.equal(reaches(measure({ ratio, target: { is: "at least", value: 16 } })), true);
    assert.equal(reaches(measure({ ratio, target: { is: "at least", value: 17 } })), false);
  });

  it("shows three digits that count, and the spread of several rounds", () => {
    assert.equal(spreadText(spreadOf([23_712.4])), "23712");
    assert.equal(spreadText(spreadOf([1.2345])), "1.23");
    assert.equal(spreadText(spreadOf([0.04567])), "0.046");
    assert.equal(spreadText(spreadOf([12.34, 9.876, 100.4])), "12.3 [9.88, 100]");
  });

  it("says what was reached, what was missed and what was not measured", () => {
    const text = reportText({
      began: "2026-01-01T00:00:00.000Z",
      cores: 2,
      loadAverage: { before: [0.5, 1, 2], after: [2, 1, 0.25] },
      measures: [
        measure({ target: { is: "at most", value: 50 } }),
        measure({
          name: "another",
          peer: { name: "Prism", spread: spreadOf([3000]) },
          ratio: spreadOf([30]),
          target: { is: "at least", value: 15 },
          note: "cold",
        }),
      ],
      skipped: ["Prism: no description"],
    });
    assert.match(text, /a thing .* 100 ms .* at most 50 .* missed/);
    assert.match(text, /another \(cold\) .* 3000 ms, Prism .* 30\.0 .* at least 15 .* reached/);
    assert.match(text, /2 cores, load average 0\.5 1\.0 2\.0 before and 2\.0 1\.0 0\.3 after/);
    assert.match(text, /^Not measured: Prism: no description$/m);
  });
});
