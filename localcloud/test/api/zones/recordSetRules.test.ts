import assert from "node:assert/strict";
import type { Json, TestCloud } from "../testCloud";
import { base, recordSetsIn, records, startWithZone } from "./support/recordSets";

describe("record sets by the rules of DNS", () => {
  let cloud: TestCloud;
  before(async () => {
    cloud = await startWithZone();
  });
  after(() => cloud.stop());

  const { create, read, serial } = recordSetsIn(() => cloud);

  for (const [name, why] of [
    ["", /empty labels/],
    ["WWW", /lower case/],
    ["www.", /dot/],
    ["www.example.com", /zone name/],
    ["example.com", /zone name/],
    ["ex ample", /not valid/],
    ["a..b", /empty labels/],
    ["a.*", /not valid/],
    ["✉", /Punycode/],
    ["a\n$INCLUDE /etc/passwd", /lower case|not valid/],
    ["../../../etc/passwd", /empty|not valid/],
    ["a/b", /not valid/],
    ["x".repeat(64), /63/],
    [Array(50).fill("label").join("."), /253/],
  ] as const) {
    it(`refuse the name ${JSON.stringify(name).slice(0, 40)}`, async () => {
      const body = { name, type: "A", records: records("192.0.2.1") };
      const error = await cloud.fails("invalid_input", "POST", base, body);
      assert.equal(error.details.fields[0].name, "name");
      assert.match(error.details.fields[0].messages[0], why);
    });
  }

  it("are not reached, and not made, by tricks in a path", async () => {
    const records = [{ value: "192.0.2.1" }];
    for (const name of [
      "..%2F..%2Fetc%2Fpasswd",
      "a%0A%24INCLUDE%20x",
      "%00",
      "a%3Bb",
      "%22",
      "__proto__%2F",
    ]) {
      await cloud.fails("not_found", "GET", `${base}/${name}/A`);
      await cloud.fails("invalid_input", "POST", `${base}/${name}/A/actions/add_records`, { records });
    }
    await cloud.fails("not_found", "GET", "/zones/..%2F..%2Fetc/rrsets");
    await cloud.fails("not_found", "GET", "/zones/__proto__/rrsets");
  });

  it("refuse values that are not of their type, naming each", async () => {
    const error = await cloud.fails("invalid_input", "POST", base, {
      name: "wrong",
      type: "MX",
      records: records("10 ok.example.com.", "mail.example.com.", "99999 x."),
    });
    assert.deepEqual(
      error.details.fields.map(({ name }: Json) => name),
      ["records.1.value", "records.2.value"],
    );
    assert.match(error.details.fields[0].messages[0], /MX record: must have the form: preference exchange/);
  });

  it("refuse the same record twice, however it is written", async () => {
    for (const [type, ...values] of [
      ["A", "192.0.2.1", "192.0.2.1"],
      ["AAAA", "2001:db8::1", "2001:DB8:0::0001"],
      ["CNAME", "a", "b"],
      ["NS", "Ns1", "ns1.example.com."],
    ] as const) {
      const body = { name: "twice", type, records: records(...values) };
      await cloud.fails("invalid_input", "POST", base, body);
    }
    await cloud.fails("invalid_input", "POST", base, { name: "none", type: "A", records: [] });
    const many = Array.from({ length: 51 }, (_, index) => `192.0.2.${index}`);
    await cloud.fails("invalid_input", "POST", base, {
      name: "many51",
      type: "A",
      records: records(...many),
    });
  });

  it("keep the rules of DNS between each other", async () => {
    await create("alias", "CNAME", ["www"]);
    await cloud.fails("invalid_input", "POST", base, {
      name: "alias",
      type: "A",
      records: records("192.0.2.1"),
    });
    await create("plain", "A", ["192.0.2.1"]);
    await cloud.fails("invalid_input", "POST", base, {
      name: "plain",
      type: "CNAME",
      records: records("www"),
    });
    await cloud.fails("invalid_input", "POST", base, { name: "@", type: "CNAME", records: records("www") });
    await cloud.fails("invalid_input", "POST", `${base}/alias/CNAME/actions/add_records`, {
      records: records("www2"),
    });
  });

  it("of type SOA belong to the zone: one, at its top, with a serial that Hetzner counts", async () => {
    const soa = "hydrogen.ns.hetzner.com. dns.hetzner.com. 0 86400 10800 3600000 600";
    await cloud.fails("uniqueness_error", "POST", base, { name: "@", type: "SOA", records: records(soa) });
    await cloud.fails("invalid_input", "POST", base, { name: "sub", type: "SOA", records: records(soa) });
    await cloud.fails("invalid_input", "DELETE", `${base}/@/SOA`);
    const before = await serial();
    await cloud.act(`${base}/@/SOA/actions/set_records`, { records: records(soa) });
    const after = (await read("@/SOA")).records[0].value;
    assert.equal(after, soa.replace(" 0 ", ` ${before + 1} `));
  });

  it("of type NS at the top keep the assigned name servers", async () => {
    await cloud.fails("invalid_input", "DELETE", `${base}/@/NS`);
    await cloud.fails("invalid_input", "POST", `${base}/@/NS/actions/set_records`, {
      records: records("ns1.example.net."),
    });
    await cloud.act(`${base}/@/NS/actions/add_records`, { records: records("ns1.example.net.") });
    await cloud.act(`${base}/@/NS/actions/remove_records`, { records: records("ns1.example.net.") });
    await create("delegated", "NS", ["ns1.example.net."]);
  });

  it("refuse comments that would break a line", async () => {
    for (const comment of ["a\nb", "a\rb", "a\0b"]) {
      await cloud.fails("invalid_input", "POST", base, {
        name: "comment",
        type: "A",
        records: [{ value: "192.0.2.1", comment }],
      });
    }
  });
});
