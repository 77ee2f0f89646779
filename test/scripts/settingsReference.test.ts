import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { parse } from "yaml";
import { z } from "zod";
import { roleDefinitions } from "../../components/roles";
import { flag, secretText, text, wholeNumber } from "../../components/settings/leaves";
import { secretKeys, stackSchema } from "../../components/stack/schema";
import { projectRoot } from "../../scripts/localStack";
import { entriesOf, flattened, undescribed } from "../../scripts/settingsReference/entries";
import { referencePage } from "../../scripts/settingsReference/page";
import { withDescriptions } from "../../scripts/settingsReference/project";

const file = (...path: readonly string[]) => readFileSync(join(projectRoot, ...path), "utf8");

const entries = entriesOf(stackSchema);
const stale = "run npm run settings-reference";

describe("docs/reference.md", () => {
  it("says what the schemas say", () => {
    assert.equal(file("docs", "reference.md"), referencePage(entries), stale);
  });

  it("has a description and a default of every setting, whatever it stands in", () => {
    assert.deepEqual(undescribed(entries), []);
  });
});

interface Declaration {
  readonly type: string;
  readonly default?: unknown;
}

describe("Pulumi.yaml", () => {
  const declared = (parse(file("Pulumi.yaml")) as { config: Readonly<Record<string, Declaration>> }).config;

  it("describes settings as the schemas do, what is not declared in a comment", () => {
    assert.equal(file("Pulumi.yaml"), withDescriptions(file("Pulumi.yaml"), entries), stale);
  });

  it("declares no key that the schema does not know", () => {
    const known = entries.map(({ path }) => path);
    assert.deepEqual(
      Object.keys(declared).filter((key) => !known.includes(key)),
      [],
    );
  });

  it("declares every key of the schema, but those that may be absent without being asked for", () => {
    const absent = entries.map(({ path }) => path).filter((key) => !(key in declared));
    const sections = roleDefinitions.filter(({ isOptional }) => isOptional).map(({ name }) => name);
    assert.deepEqual(absent, [
      "environment",
      "aliases",
      "dns",
      "bakedImages",
      "mutualTls",
      "strictRoles",
      "roles",
      ...sections,
      "deployWindow",
      "acceptChange",
      ...secretKeys,
      "secrets",
    ]);
  });

  it("gives each key the default and the type of the schema", () => {
    const shape: Readonly<Record<string, z.ZodType>> = stackSchema.shape;
    for (const [key, { type, default: value }] of Object.entries(declared)) {
      const [read, absent] = [value, undefined].map((given) => shape[key]?.safeParse(given).data);
      assert.deepEqual(read, absent, `default of ${key}`);
      const ours = entries.find(({ path }) => path === key)?.type.split(/ of |,/)[0] ?? "";
      const types: Readonly<Record<string, string>> = {
        text: "string",
        number: "integer",
        "true or false": "boolean",
        list: "array",
        settings: "object",
      };
      assert.equal(type, types[ours], `type of ${key}`);
    }
  });
});

describe("entriesOf", () => {
  const name = text(/^[a-z]+$/, { allowed: "small | letters", remedy: "rename it" });
  const schema = z.strictObject({
    sizeGb: wholeNumber(1, 9, "the size").describe("Size").default(3),
    silent: flag().default(true),
    mute: flag().describe("No word about absence").optional(),
    key: secretText(() => true, "a key", "make one")
      .meta({ description: "Key", fallback: "none" })
      .optional(),
    things: z
      .record(name, z.strictObject({ tags: z.array(name).default([]).meta({ description: "Tags" }) }))
      .default({})
      .meta({ description: "Things", fallback: "none" }),
  });

  const facts = flattened(entriesOf(schema)).map(({ path, type, fallback, allowed, secrecy }) =>
    [path, type, fallback, allowed, secrecy].join(" / "),
  );

  it("reads type, unit, default, what is allowed and what is secret from the schema", () => {
    assert.deepEqual(facts, [
      "sizeGb / number, GB / `3` / a whole number from 1 to 9 / plain",
      "silent / true or false / `true` / true or false / plain",
      "mute / true or false /  / true or false / plain",
      "key / text / none / a key / secret",
      "things / settings by name / none / names: small | letters / plain",
      "things.NAME.tags / list of text /  / each small | letters / plain",
    ]);
  });

  it("names the settings that nobody has described", () => {
    assert.deepEqual(undescribed(entriesOf(schema)), ["silent", "mute", "things.NAME.tags"]);
  });

  it("is a table whose cells no text breaks", () => {
    const [, row = ""] = /^(\| `things\.NAME\.tags` .*)$/m.exec(referencePage(entriesOf(schema))) ?? [];
    assert.match(row, /each small \\\| letters/);
    assert.equal(row.split(/(?<!\\)\|/).length, 8);
  });
});
