import assert from "node:assert/strict";
import { mixed } from "./order";

const kinds = [
  { name: "a", share: 3 },
  { name: "b", share: 1 },
  { name: "c", share: 1 },
];

describe("order of changes", () => {
  const order = mixed(kinds, 50).map(({ name }) => name);

  it("gives each kind its share", () => {
    const counts = Object.fromEntries(
      kinds.map(({ name }) => [name, order.filter((one) => one === name).length]),
    );
    assert.deepEqual(counts, { a: 30, b: 10, c: 10 });
  });

  it("mixes them: none comes more than three times in a row", () =>
    assert.doesNotMatch(order.join(""), /(.)\1{3}/));
});
