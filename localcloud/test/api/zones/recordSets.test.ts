import assert from "node:assert/strict";
import type { Json, TestCloud } from "../testCloud";
import { base, recordSetsIn, records, startWithZone } from "./support/recordSets";

describe("record sets", () => {
  let cloud: TestCloud;
  before(async () => {
    cloud = await startWithZone();
  });
  after(() => cloud.stop());

  const { create, read, serial } = recordSetsIn(() => cloud);

  it("are created, and are there at once", async () => {
    const before = await serial();
    const { rrset, action } = await cloud.ok("POST", base, {
      name: "www",
      type: "A",
      ttl: 300,
      labels: { key: "value" },
      records: [{ value: "198.51.100.1", comment: "web server 1" }, { value: "198.51.100.2" }],
    });
    assert.equal(action.command, "create_rrset");
    const zone = (await cloud.get("/zones/example.com")).zone;
    assert.deepEqual(action.resources, [{ id: zone.id, type: "zone" }]);
    assert.deepEqual(rrset, {
      id: "www/A",
      name: "www",
      type: "A",
      ttl: 300,
      labels: { key: "value" },
      protection: { change: false },
      records: [{ value: "198.51.100.1", comment: "web server 1" }, { value: "198.51.100.2" }],
      zone: zone.id,
    });
    // The provider protects a set before it waits for its creation.
    const protecting = await cloud.ok("POST", `${base}/www/A/actions/change_protection`, { change: true });
    await cloud.succeeds(action);
    await cloud.succeeds(protecting.action);
    assert.deepEqual((await read("www/A")).protection, { change: true });
    assert.equal(await serial(), before + 1);
    const error = await cloud.fails("uniqueness_error", "POST", base, {
      name: "www",
      type: "A",
      records: records("192.0.2.1"),
    });
    assert.equal(error.status, 409);
  });

  it("that are protected refuse every change of their records, by the message clients know", async () => {
    for (const [method, path, body] of [
      ["DELETE", "", undefined],
      ["POST", "/actions/change_ttl", { ttl: 60 }],
      ["POST", "/actions/set_records", { records: records("192.0.2.1") }],
      ["POST", "/actions/add_records", { records: records("192.0.2.1") }],
      ["POST", "/actions/remove_records", { records: records("198.51.100.1") }],
      ["POST", "/actions/update_records", { records: [{ value: "198.51.100.1", comment: "x" }] }],
    ] as const) {
      const error = await cloud.fails("protected", method, `${base}/www/A${path}`, body);
      assert.equal(error.message, "RRSet(s) is/are change protected");
      assert.equal(error.status, 423);
    }
    const { rrset } = await cloud.ok("PUT", `${base}/www/A`, { labels: {} });
    assert.deepEqual(rrset.labels, {});
    await cloud.act(`${base}/www/A/actions/change_protection`, { change: false });
  });

  it("set, add, remove and comment records; the effect shows when the action ends", async () => {
    await create("edit", "A", ["192.0.2.1"]);
    const path = `${base}/edit/A/actions`;
    const set = await cloud.ok("POST", `${path}/set_records`, { records: records("192.0.2.2", "192.0.2.3") });
    assert.equal(set.action.command, "set_rrset_records");
    await cloud.succeeds(set.action);
    assert.deepEqual((await read("edit/A")).records, records("192.0.2.2", "192.0.2.3"));
    const { command } = await cloud.act(`${path}/add_records`, {
      records: [{ value: "192.0.2.4", comment: "new" }],
    });
    assert.equal(command, "add_rrset_records");
    await cloud.act(`${path}/remove_records`, { records: records("192.0.2.3") });
    const update = await cloud.call("POST", `${path}/update_records`, {
      records: [{ value: "192.0.2.2", comment: "old" }],
    });
    assert.equal(update.status, 200);
    await cloud.succeeds(update.body.action);
    assert.deepEqual((await read("edit/A")).records, [
      { value: "192.0.2.2", comment: "old" },
      { value: "192.0.2.4", comment: "new" },
    ]);
    await cloud.act(`${path}/update_records`, { records: [{ value: "192.0.2.2", comment: "" }] });
    assert.deepEqual((await read("edit/A")).records[0], { value: "192.0.2.2" });
    await cloud.fails("not_found", "POST", `${path}/remove_records`, { records: records("192.0.2.9") });
    await cloud.fails("not_found", "POST", `${path}/update_records`, {
      records: [{ value: "192.0.2.9", comment: "x" }],
    });
  });

  it("tell which record is there already in Hetzner's words, whatever its spelling", async () => {
    await cloud.ok("POST", base, { name: "twin", type: "AAAA", records: records("2001:db8::1") });
    const path = `${base}/twin/AAAA/actions`;
    for (const [action, given, index] of [
      ["add_records", ["2001:db8::2", "2001:DB8:0::1"], 1],
      ["add_records", ["2001:db8::3", "2001:db8::3"], 1],
      ["set_records", ["2001:db8::4", "2001:DB8::4"], 1],
    ] as const) {
      const error = await cloud.fails("invalid_input", "POST", `${path}/${action}`, {
        records: records(...given),
      });
      assert.deepEqual(error.details.fields, [
        { name: `records.${index}.value`, messages: ["duplicate value"] },
      ]);
      assert.equal(error.status, 422);
    }
    assert.deepEqual((await read("twin/AAAA")).records, [{ value: "2001:db8::1" }]);
  });

  it("come with the first added record and go with the last removed one", async () => {
    await cloud.act(`${base}/_acme-challenge/TXT/actions/add_records`, {
      ttl: 60,
      records: records('"token"'),
    });
    assert.equal((await read("_acme-challenge/TXT")).ttl, 60);
    await cloud.act(`${base}/_acme-challenge/TXT/actions/add_records`, { ttl: 60, records: records('"2"') });
    const error = await cloud.fails(
      "invalid_input",
      "POST",
      `${base}/_acme-challenge/TXT/actions/add_records`,
      {
        ttl: 61,
        records: records('"3"'),
      },
    );
    assert.equal(error.details.fields[0].name, "ttl");
    await cloud.act(`${base}/_acme-challenge/TXT/actions/remove_records`, {
      records: records('"token"', '"2"'),
    });
    await cloud.fails("not_found", "GET", `${base}/_acme-challenge/TXT`);
    await cloud.fails("not_found", "POST", `${base}/_acme-challenge/TXT/actions/remove_records`, {
      records: records('"token"'),
    });
  });

  it("take changes side by side without losing one", async () => {
    const adding = Array.from({ length: 12 }, (_, index) =>
      cloud.ok("POST", `${base}/many/A/actions/add_records`, { records: records(`192.0.2.${index}`) }),
    );
    for (const { action } of await Promise.all(adding)) await cloud.succeeds(action);
    assert.equal((await read("many/A")).records.length, 12);
  });

  it("change their TTL, and lose it with null", async () => {
    await create("ttl", "A", ["192.0.2.1"], { ttl: 60 });
    await cloud.act(`${base}/ttl/A/actions/change_ttl`, { ttl: 120 });
    assert.equal((await read("ttl/A")).ttl, 120);
    const { command } = await cloud.act(`${base}/ttl/A/actions/change_ttl`, { ttl: null });
    assert.equal(command, "change_rrset_ttl");
    assert.equal((await read("ttl/A")).ttl, null);
    for (const ttl of [0, 59, "60", undefined]) {
      await cloud.fails("invalid_input", "POST", `${base}/ttl/A/actions/change_ttl`, { ttl });
    }
  });

  it("are deleted by an action", async () => {
    await create("gone", "A", ["192.0.2.1"]);
    const answer = await cloud.call("DELETE", `${base}/gone/A`);
    assert.equal(answer.status, 201);
    assert.equal(answer.body.action.command, "delete_rrset");
    await cloud.succeeds(answer.body.action);
    await cloud.fails("not_found", "GET", `${base}/gone/A`);
    await cloud.fails("not_found", "DELETE", `${base}/gone/A`);
    await cloud.fails("invalid_input", "GET", `${base}/www/SPF`);
  });

  it("are listed up to 100 a page, by name, type, label and order", async () => {
    const { action } = await cloud.ok("POST", "/zones", {
      name: "big.com",
      mode: "primary",
      rrsets: Array.from({ length: 120 }, (_, index) => ({
        name: `n${String(index).padStart(3, "0")}`,
        type: index % 2 === 0 ? "A" : "TXT",
        labels: index < 3 ? { few: "" } : {},
        records: records(index % 2 === 0 ? "192.0.2.1" : '"x"'),
      })),
    });
    await cloud.succeeds(action);
    const { rrsets, meta } = await cloud.get("/zones/big.com/rrsets?per_page=100");
    assert.equal(rrsets.length, 100);
    assert.deepEqual([meta.pagination.last_page, meta.pagination.total_entries], [2, 122]);
    const ids = async (query: string) =>
      (await cloud.get(`/zones/big.com/rrsets?${query}`)).rrsets.map(({ id }: Json) => id);
    assert.deepEqual(await ids("type=SOA&type=NS"), ["@/NS", "@/SOA"]);
    assert.deepEqual(await ids("name=n001"), ["n001/TXT"]);
    assert.deepEqual(await ids("label_selector=few"), ["n000/A", "n001/TXT", "n002/A"]);
    assert.deepEqual((await ids("sort=name:desc"))[0], "n119/TXT");
    assert.deepEqual((await ids("sort=id:desc"))[0], "n119/TXT");
    await cloud.fails("invalid_input", "GET", "/zones/big.com/rrsets?type=SPF");
    await cloud.fails("invalid_input", "GET", "/zones/big.com/rrsets?sort=ttl");
  });

  it("answer names that need encoding in a path", async () => {
    await create("*", "A", ["192.0.2.1"]);
    await create("*.sub", "A", ["192.0.2.1"]);
    assert.equal((await read("%2A/A")).id, "*/A");
    assert.equal((await read("*.sub/A")).id, "*.sub/A");
    assert.equal((await read("%40/SOA")).id, "@/SOA");
  });
});
