import assert from "node:assert/strict";
import { join } from "node:path";
import { execaSync } from "execa";

const folder = join(__dirname, "..", "..", "..", "..", "components", "roles", "edge", "acme");

/** What expressions of the module are, as JSON. */
function evaluate(...expressions: readonly string[]): unknown[] {
  const program = `import json, sys
sys.dont_write_bytecode = True
sys.path.insert(0, ${JSON.stringify(folder)})
from schedule import *
print(json.dumps([${expressions.join(", ")}]))`;
  return JSON.parse(execaSync("python3", ["-c", program]).stdout);
}

const day = 86_400;
const at = (lifetime: number, window = "None", serial = "5c") =>
  `renewal_at(0, ${lifetime}, "${serial}", ${window})`;
const situation = (values: Readonly<Record<string, string>>) => {
  const all = {
    now: "1000",
    due_at: "0",
    due_since: "1000",
    not_before: "0",
    owner: "True",
    take_over_after: "60",
  };
  const text = Object.entries({ ...all, ...values }).map(([name, value]) => `${name}=${value}`);
  return `turn(Situation(${text.join(", ")})).value`;
};

describe("when a certificate is renewed", () => {
  before(function () {
    if (execaSync("python3", ["--version"], { reject: false }).exitCode !== 0) this.skip();
  });

  it("S3-107: when a third of the lifetime is left, within an hour, and at the same moment each time", () => {
    const [long, again, other, short] = evaluate(
      at(90 * day),
      at(90 * day),
      at(90 * day, "None", "5d"),
      at(6 * day),
    ) as [number, number, number, number];
    assert.ok(long >= 60 * day && long <= 60 * day + 3600, `${long}`);
    assert.equal(long, again);
    assert.notEqual(long, other);
    assert.ok(short >= 4 * day && short <= 4 * day + 3600, `${short}`);
  });

  it("when the authority wishes, earlier or later, but never so late that it could end", () => {
    const [early, late, never, backwards] = evaluate(
      at(90 * day, `Window(${day}, ${2 * day})`),
      at(90 * day, `Window(${65 * day}, ${66 * day})`),
      at(90 * day, `Window(${500 * day}, ${600 * day})`),
      at(90 * day, `Window(${3 * day}, ${2 * day})`),
    ) as [number, number, number, number];
    assert.ok(early >= day && early <= 2 * day, `${early}`);
    assert.ok(late >= 65 * day && late <= 66 * day, `${late}`);
    assert.equal(never, 75 * day);
    assert.ok(backwards >= 60 * day, "a window that ends before it begins is none");
  });

  const turns: [string, Readonly<Record<string, string>>, string][] = [
    ["not due: nobody asks", { due_at: "1001", due_since: "None" }, "rest"],
    ["due, and the address leads here: it asks", {}, "issue"],
    ["due, and a failed attempt was a moment ago: it waits", { not_before: "1001" }, "back off"],
    [
      "due, and the address leads to the other: that one asks",
      { owner: "False" },
      "the other load balancer's turn",
    ],
    ["nobody knows where the address leads: it waits", { owner: "None" }, "the other load balancer's turn"],
    ["the other has not asked for a minute: it asks", { owner: "False", due_since: "940" }, "issue"],
    [
      "a failed attempt of its own counts then too",
      { owner: "False", due_since: "940", not_before: "1001" },
      "back off",
    ],
    ["due for the first time", { owner: "False", due_since: "None" }, "the other load balancer's turn"],
  ];
  for (const [title, values, expected] of turns) {
    it(title, () => assert.deepEqual(evaluate(situation(values)), [expected]));
  }

  it("waits longer and longer after failures, at most half a day, and as long as the authority says", () => {
    const pauses = evaluate(
      ...[1, 2, 3, 20].map((failures) => `pause(${failures}, 600, 43200, 0.5, None)`),
      "pause(1, 600, 43200, 0.0, None)",
      "pause(1, 600, 43200, 0.5, 7200.0)",
    );
    assert.deepEqual(pauses, [600, 1200, 2400, 43_200, 450, 7200]);
    // Four within the first hour: Let's Encrypt refuses the sixth of an hour.
    const [sum] = evaluate("sum(pause(n, 600, 43200, 0.0, None) for n in range(1, 5))") as [number];
    assert.ok(sum > 3600, `${sum}`);
  });
});
