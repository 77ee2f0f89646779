import assert from "node:assert/strict";
import { SettingsError } from "../../../components/stack/stackConfig";
import { all, correct, problemsOf, set, web } from "./support/changes";
import { databaseMistakes } from "./support/mistakes/databases";
import { imageMistakes } from "./support/mistakes/images";
import { networkMistakes } from "./support/mistakes/network";
import { platformMistakes } from "./support/mistakes/platform";
import { serviceMistakes } from "./support/mistakes/services";
import { sizeMistakes } from "./support/mistakes/sizes";
import { storageMistakes } from "./support/mistakes/storage";
import { variableMistakes } from "./support/mistakes/variables";

const mistakes = [
  ...platformMistakes,
  ...networkMistakes,
  ...sizeMistakes,
  ...serviceMistakes,
  ...variableMistakes,
  ...databaseMistakes,
  ...storageMistakes,
  ...imageMistakes,
];

describe("parseSettings", () => {
  it("accepts the file that the table changes", () => assert.deepEqual(problemsOf(correct()), []));

  for (const [name, change, path, message] of mistakes) {
    it(`fails when ${name}`, () => {
      const problems = problemsOf(change(correct()));
      const found = problems.find((problem) => problem.path === path);
      assert.ok(found, `no problem at ${path}, only ${JSON.stringify(problems)}`);
      const { message: text } = new SettingsError("prod", [found]);
      assert.match(text, message);
      assert.notEqual(found.remedy, "");
      assert.equal(
        new Set(problems.map((problem) => problem.path)).size,
        problems.length,
        "one problem for each path",
      );
    });
  }

  for (const name of ["order", "user", "asc", "all", "replication", "_shop", "a".repeat(63)]) {
    it(`accepts the database name ${name}`, () => {
      assert.deepEqual(problemsOf(set("database.databaseName", name)(correct())), []);
    });
  }

  it("accepts a schedule that says UTC itself", () => {
    assert.deepEqual(problemsOf(set("storage.backup.schedule", "*-*-* 02:30:00 UTC")(correct())), []);
  });

  it("accepts a service name of 60 letters and a variable as long as Docker reads", () => {
    const change = all(
      set(`app.services.${"a".repeat(60)}`, { image: "a:1" }),
      set(`${web}.environment`, { KEY: "a".repeat(65_531) }),
    );
    assert.deepEqual(problemsOf(change(correct())), []);
  });

  it("fails when the stack's name is no label and nothing else names the environment", () => {
    assert.equal(problemsOf(correct(), "Prod.EU")[0]?.path, "environment");
    assert.deepEqual(problemsOf({ ...correct(), environment: "eu" }, "Prod.EU"), []);
  });
});
