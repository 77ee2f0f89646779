import assert from "node:assert/strict";
import { parseSelector } from "../../src/api/calls/labels";
import { type Json, TestCloud } from "./testCloud";

const names = (rows: Json) => rows.map(({ name }: Json) => name);

describe("local cloud API: lists", () => {
  let cloud: TestCloud;
  before(async () => {
    cloud = await TestCloud.start();
    for (let n = 0; n < 27; n++) {
      const labels = n % 2 === 0 ? { even: "yes", n: String(n) } : { n: String(n) };
      await cloud.ok("POST", "/placement_groups", {
        name: `g${String(n).padStart(2, "0")}`,
        type: "spread",
        labels,
      });
    }
  });
  after(() => cloud.stop());

  it("pages with 25 by default and says where the others are", async () => {
    const { body, headers } = await cloud.call("GET", "/placement_groups");
    assert.equal(body.placement_groups.length, 25);
    assert.deepEqual(body.meta.pagination, {
      page: 1,
      per_page: 25,
      previous_page: null,
      next_page: 2,
      last_page: 2,
      total_entries: 27,
    });
    assert.match(
      String(headers.link),
      /<http[^>]*\/v1\/placement_groups\?page=2>; rel="next", <[^>]*page=2>; rel="last"/,
    );
    const second = await cloud.get("/placement_groups?page=2");
    assert.deepEqual(names(second.placement_groups), ["g25", "g26"]);
    assert.deepEqual([second.meta.pagination.previous_page, second.meta.pagination.next_page], [1, null]);
    const beyond = await cloud.get("/placement_groups?page=9");
    assert.deepEqual(beyond.placement_groups, []);
  });

  it("cuts a page at 50 and describes an empty list", async () => {
    const all = await cloud.get("/placement_groups?per_page=500");
    assert.equal(all.meta.pagination.per_page, 50);
    const { meta } = await cloud.get("/servers");
    assert.deepEqual(
      [meta.pagination.page, meta.pagination.last_page, meta.pagination.total_entries],
      [1, 1, 0],
    );
  });

  it("sorts by several fields in both directions", async () => {
    const sorted = await cloud.get("/placement_groups?sort=name:desc&sort=id&per_page=3");
    assert.deepEqual(names(sorted.placement_groups), ["g26", "g25", "g24"]);
    for (const sort of ["labels", "name:up", "name:asc:desc", "constructor", ""]) {
      await cloud.fails("invalid_input", "GET", `/placement_groups?sort=${sort}`);
    }
  });

  it("filters by name and by repeated parameters", async () => {
    assert.deepEqual(names((await cloud.get("/placement_groups?name=g07")).placement_groups), ["g07"]);
    assert.deepEqual(names((await cloud.get("/placement_groups?name=g07&name=g08")).placement_groups), [
      "g07",
      "g08",
    ]);
    assert.deepEqual((await cloud.get("/placement_groups?name=nobody")).placement_groups, []);
    await cloud.fails("invalid_input", "GET", "/placement_groups?type=cluster");
    const types = await cloud.get("/images?name=debian-13&architecture=x86&include_deprecated=true");
    assert.deepEqual(names(types.images), ["debian-13"]);
  });

  for (const query of ["page=0", "page=-1", "page=x", "per_page=0", "per_page=1e9", "page=1.5"]) {
    it(`refuses ${query}`, () => cloud.fails("invalid_input", "GET", `/placement_groups?${query}`));
  }

  it("selects by label on the wire", async () => {
    const query = encodeURIComponent("even=yes,n in (2, 4,5)");
    const { placement_groups, meta } = await cloud.get(`/placement_groups?label_selector=${query}`);
    assert.deepEqual(names(placement_groups), ["g02", "g04"]);
    assert.equal(meta.pagination.total_entries, 2);
  });

  const labels = { env: "prod", "example.com/tier": "web", empty: "" };
  const selections: readonly [selector: string, selected: boolean][] = [
    ["env", true],
    ["!env", false],
    ["env=prod", true],
    ["env==prod", true],
    ["env = prod", true],
    ["env!=prod", false],
    ["other!=prod", true],
    ["other", false],
    ["!other", true],
    ["env in (prod,qa)", true],
    ["env in (qa)", false],
    ["env notin (qa)", true],
    ["env notin (prod)", false],
    ["other notin (prod)", true],
    ["example.com/tier=web,env=prod", true],
    ["example.com/tier=web,env=qa", false],
    ["empty=", true],
    ["constructor", false],
    ["toString!=x", true],
  ];
  for (const [selector, selected] of selections) {
    it(`selector ${selector} ${selected ? "selects" : "does not select"}`, () => {
      assert.equal(parseSelector(selector)(labels), selected);
    });
  }

  for (const selector of [
    "",
    " ",
    "a=b=c",
    "a in prod",
    "-a",
    "a,",
    "(a)",
    "a in (-)",
    "a b",
    `${"x".repeat(64)}`,
  ]) {
    it(`refuses the selector ${JSON.stringify(selector)}`, () => {
      assert.throws(() => parseSelector(selector), /invalid input in field 'label_selector'/);
    });
  }
});
