import assert from "node:assert/strict";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { SettingsError } from "../../../components/settings/problems";
import { isReadTwoWays } from "../../../components/stack/plainScalars";
import { loadStackFile, misreadProblems } from "../../../components/stack/stackFile";

/** What Pulumi 3.259 hands a program for each, by `pulumi config --json`, is not what YAML 1.2 says. */
const readTwoWays: readonly string[] = [
  ...["0123", "-017", "0_7", "1_000", "1_000.5", "12_", "0b101", "-0x1f", "+0x1f", "0X1F", "0x_1f"],
  ...["9007199254740993", "12345678901234567890", "2026-11-29", "2026-1-2", "2026-11-29T10:00:00Z"],
  "2026-11-29 10:00:00",
];

const readOneWay: readonly string[] = [
  ...[
    "0",
    "7",
    "-1",
    "+5",
    "08",
    "090",
    "0.5",
    "1.50",
    "1e3",
    "1.",
    "0x1f",
    "0o17",
    "331978001",
    "yes",
    "NO",
  ],
  ...[
    "on",
    "60:30",
    "1:30",
    "v1_0",
    "1_a",
    "_1",
    "2026-11",
    "2026-02-30",
    "2026-13-01",
    "10.0.0.0/16",
    "0b12",
  ],
  // What the engine writes back, without quotes, for text that once was a date.
  "2026-11-29 00:00:00 +0000 UTC",
  "*-*-* 02:00:00",
];

describe("a value without quotes", () => {
  for (const text of readTwoWays)
    it(`${text} is not what the engine reads`, () => assert.ok(isReadTwoWays(text)));
  for (const text of readOneWay)
    it(`${text} is the same for everybody`, () => assert.ok(!isReadTwoWays(text)));
});

describe("a stack's file that the engine reads differently", () => {
  let directory: string;
  beforeEach(() => {
    directory = mkdtempSync(join(tmpdir(), "plain-scalars-"));
    writeFileSync(join(directory, "Pulumi.yaml"), "name: shop\nruntime: nodejs\n");
  });
  afterEach(() => rmSync(directory, { recursive: true }));

  const correct = `config:
  shop:domain: www.example.com
  shop:adminRanges: [8.8.8.8/32]
  shop:app: { count: 2, services: { web: { image: "a/b:1", port: 80, pathPrefix: /, environment: { A: "b" } } } }
`;
  const lines = (text: string): string[] => {
    writeFileSync(join(directory, "Pulumi.eu.yaml"), text);
    try {
      loadStackFile("eu", directory);
      return [];
    } catch (error) {
      if (!(error instanceof SettingsError)) throw error;
      return error.message.split("\n").slice(1);
    }
  };

  it("is refused with the place, the value and what to write", () => {
    assert.deepEqual(lines(correct), []);
    const [environment, count, ...others] = lines(
      `${correct.replace("count: 2", "count: 012")}  shop:environment: 2026-11-29\n  other:key: 0123\n`,
    ).sort((left, right) => (left > right ? -1 : 1));
    assert.deepEqual(others, []);
    assert.match(
      environment ?? "",
      /^ {2}environment: got 2026-11-29 without quotes, .*; write text in quotes/,
    );
    assert.match(count ?? "", /^ {2}app\.count: got 012 without quotes/);
  });

  it("is refused by up too, which sees only what the engine made of it", () => {
    lines(correct.replace('A: "b"', "A: 2026-11-29"));
    assert.deepEqual(
      misreadProblems("acme/shop/eu", "shop", directory).map(({ path }) => path),
      ["app.services.web.environment.A"],
    );
    assert.deepEqual(misreadProblems("none", "shop", directory), []);
  });

  it("is accepted with quotes, and a number with digits alone", () => {
    const quoted = correct.replace('A: "b"', 'A: "2026-11-29", B: "0123", C: \'1_000\'');
    assert.deepEqual(lines(`${quoted}  shop:environment: "0123"\n  shop:budgetEur: 1000\n`), []);
  });

  it("does not show a secret", () => {
    const text = lines(
      `${correct}  shop:secrets: { pin: 0123 }\n  shop:backupKey: 12345678901234567890\n`,
    ).join();
    assert.match(text, /backupKey: got a number or a date without quotes/);
    assert.doesNotMatch(text, /0123|1234567/);
  });

  it("may take a service's keys from another one with <<, as the engine does", () => {
    const text = correct
      .replace("web: {", "web: &web {")
      .replace(" } }\n", ", api: { <<: *web, pathPrefix: /api } } }\n");
    assert.deepEqual(lines(text), []);
    assert.equal(loadStackFile("eu", directory).app.services.api?.image, "a/b:1");
  });
});
