import assert from "node:assert/strict";
import { purgeFile } from "../../../../components/roles/web/purge";
import { whyNoDebian13 } from "../edge/support/debian13";
import { keepingScenario } from "./support/keepingScenario";
import { webOptions } from "./support/options";
import { runWebScenario } from "./support/scenario";

/** Status, Cache-Control, where it came from, times that the nodes were asked, beginning of the content. */
type Told = readonly [number, string | null, string | null, number, string];

interface KeepingResult extends Readonly<Record<string, unknown>> {
  readonly output: string;
}

const page = "public, max-age=0, s-maxage=3600, stale-while-revalidate=60, stale-if-error=86400";
const stale = "public, max-age=0, s-maxage=10";
const never = "private, no-store";

/** Pages that a test waits for are kept for a second, and renewed behind visitors' backs for another. */
const scaled = (config: string) =>
  config.replace(
    'map "$asset|$args" $usual {',
    'map "$asset|$args" $usual { "~short" "public, max-age=0, s-maxage=1, stale-while-revalidate=3";',
  );

describe("what Debian's nginx keeps of an application's answers", function () {
  this.timeout(600_000);
  let result: KeepingResult;
  const told = (key: string) => result[key] as readonly Told[];
  const said = (key: string) =>
    told(key).map(([status, header, from, asked]) => [status, header, from, asked]);

  before(async function () {
    if (whyNoDebian13() !== undefined) this.skip();
    const { cache, ...content } = webOptions.content;
    const options = {
      ...webOptions,
      content: { ...content, cache: { ...cache, harmlessCookies: ["_ga*", "_gid"] } },
    };
    result = await runWebScenario<KeepingResult>(keepingScenario, {
      options,
      scaled,
      files: { "/tmp/platform-purge": purgeFile.content },
    });
  });

  it("S1-15, S2-24: a page for an hour, the second visitor's from the cache", () => {
    assert.deepEqual(said("page"), [
      [200, page, "MISS", 1],
      [200, page, "HIT", 1],
    ]);
  });

  it("S2-25: a page with a query for five minutes", () => {
    const five = page.replace("3600", "300");
    assert.deepEqual(said("query"), [
      [200, five, "MISS", 1],
      [200, five, "HIT", 1],
    ]);
  });

  it("S2-23: an asset for a year, for who is logged in too", () => {
    const year = "public, max-age=31536000, immutable";
    assert.deepEqual(said("asset"), [
      [200, year, "MISS", 1],
      [200, year, "HIT", 1],
    ]);
  });

  it("S2-26: nothing of who is logged in, of an API or of a search, and nothing that sets a cookie", () => {
    for (const key of ["login", "password", "api", "search"]) {
      assert.deepEqual(
        said(key),
        [1, 2].map((asked) => [200, never, null, asked]),
        key,
      );
    }
    assert.deepEqual(
      said("cookie"),
      [1, 2].map((asked) => [200, never, "MISS", asked]),
    );
    assert.deepEqual(result.post, [[never, null]]);
  });

  it("cookies of statistics make no request personal, any other beside them does", () => {
    assert.deepEqual(
      told("harmless").map(([, , from]) => from),
      ["HIT", null],
    );
  });

  it("what the application says itself is left as it is", () => {
    assert.deepEqual(said("said"), [
      [200, "public, max-age=77", "MISS", 1],
      [200, "public, max-age=77", "HIT", 1],
    ]);
    assert.deepEqual(
      said("private"),
      [1, 2].map((asked) => [200, "private", "MISS", asked]),
    );
  });

  it("an address without a page is asked for once in a while", () => {
    assert.deepEqual(said("gone"), [
      [404, stale, "MISS", 1],
      [404, stale, "HIT", 1],
    ]);
  });

  it("tells other caches that a page depends on who is logged in, and an asset does not", () =>
    assert.deepEqual(
      (result.vary as readonly string[]).map((header) => header.split(", ").includes("Cookie")),
      [true, false],
    ));

  it("S2-12: with an application that has errors, or is away, the last good page is answered", () => {
    for (const one of [...told("errors"), told("away")[0]]) {
      assert.deepEqual([one?.[0], one?.[1], one?.[2]], [200, stale, "STALE"], result.output);
      assert.match(one?.[4] ?? "", /of one/);
    }
    assert.deepEqual(told("away")[1], [502, "no-store"]);
  });

  it("an error is never kept, whatever it says, and does not replace the good page", () => {
    assert.deepEqual(result.notKept, [503, "no-store", "MISS"]);
    assert.equal(result.afterwards, 200);
    assert.match(String(result.recovers), /of two/);
  });

  it("while a page is renewed visitors get the one of before, without waiting", () => {
    assert.deepEqual(result.renewing, ["STALE", "page /renew of two xxxxxxxxxxxxxxxxxxxxx", true]);
    assert.ok(result.renewed);
  });

  it("a page that only some may see from now on is not given to everybody again", () =>
    assert.deepEqual(result.turns, ["MISS", "MISS", 403]));

  it("platform-purge forgets one answer, those that begin alike, or all", () => {
    const [one, ...releases] = result.purgeOne as readonly unknown[];
    assert.deepEqual(one, [0, "1 forgotten of https://www.example.com/asset/b.js"]);
    assert.deepEqual(releases, ["four", "five", "four"]);
    const [prefix, ...afterPrefix] = result.purgePrefix as readonly unknown[];
    assert.deepEqual(prefix, [0, "2 forgotten of https://www.example.com/asset/b"]);
    assert.deepEqual(afterPrefix, ["four", "five", "five"]);
    assert.deepEqual(result.purgeAll, [0, true]);
    const [wrong, ...statuses] = result.wrong as readonly unknown[];
    assert.deepEqual(
      [wrong, statuses],
      [
        [64, (wrong as readonly unknown[])[1]],
        [1, 64],
      ],
    );
  });

  it("S2-32: a release forgets all pages of the one before, once", () => {
    assert.deepEqual(result.release, [0, true, [0, "was done for five"]]);
    assert.equal(result.keptAgain, "five");
  });
});
