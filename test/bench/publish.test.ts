import assert from "node:assert/strict";
import { published, table } from "../../bench/publish";

describe("what a bench found", () => {
  const page = "before\n<!-- bench one -->\nold\n<!-- end of bench one -->\nafter\n";

  it("stands in its place of the page, and nothing else changes", () => {
    assert.equal(
      published(page, "one", "new\n"),
      "before\n<!-- bench one -->\nnew\n<!-- end of bench one -->\nafter\n",
    );
  });

  it("is refused where the page has no place for it, or two", () => {
    assert.throws(() => published(page, "two", "new"), /bench two/);
    assert.throws(() => published(page + page, "one", "new"), /once each/);
  });

  it("is a table that GitHub shows", () => {
    assert.equal(table(["a", "b"], [["1", "2"]]), "| a | b |\n| --- | --- |\n| 1 | 2 |");
  });
});
