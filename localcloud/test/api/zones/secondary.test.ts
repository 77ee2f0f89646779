import assert from "node:assert/strict";
import { TestCloud } from "../testCloud";
import { zonesIn } from "./support/zones";

describe("zones that are served from elsewhere", () => {
  let cloud: TestCloud;
  before(async () => {
    cloud = await TestCloud.start();
  });
  after(() => cloud.stop());
  afterEach(() => assert.deepEqual(cloud.problems, []));

  const { create, published } = zonesIn(() => cloud);

  const onRecordSets = [
    ["GET", "/rrsets"],
    ["POST", "/rrsets", { name: "a", type: "A", records: [{ value: "192.0.2.1" }] }],
    ["GET", "/rrsets/@/NS"],
    ["PUT", "/rrsets/@/NS", {}],
    ["DELETE", "/rrsets/@/NS"],
    ["GET", "/zonefile"],
    ["POST", "/actions/import_zonefile", { zonefile: "" }],
    ["POST", "/rrsets/@/NS/actions/change_ttl", { ttl: 60 }],
    ["POST", "/rrsets/@/NS/actions/change_protection", { change: true }],
    ["POST", "/rrsets/@/NS/actions/set_records", { records: [{ value: "ns." }] }],
    ["POST", "/rrsets/@/NS/actions/add_records", { records: [{ value: "ns." }] }],
    ["POST", "/rrsets/@/NS/actions/remove_records", { records: [{ value: "ns." }] }],
    ["POST", "/rrsets/@/NS/actions/update_records", { records: [{ value: "ns.", comment: "" }] }],
  ] as const;

  it("in secondary mode have name servers and no record sets", async () => {
    const primary_nameservers = [
      { address: "203.0.113.7", port: 53 },
      { address: "2001:db8::7", port: 5353, tsig_algorithm: "hmac-sha256", tsig_key: "c2VjcmV0" },
    ];
    const { zone, action } = await cloud.ok("POST", "/zones", {
      name: "second.com",
      mode: "secondary",
      primary_nameservers: [{ address: "203.0.113.7" }, primary_nameservers[1]],
    });
    assert.deepEqual(zone.primary_nameservers, primary_nameservers);
    await cloud.succeeds(action);
    assert.equal((await cloud.get("/zones/second.com")).zone.status, "updating");
    cloud.host.transferred(zone.id, { answered: true, recordCount: 7 });
    const after = (await cloud.get("/zones/second.com")).zone;
    assert.deepEqual([after.status, after.record_count], ["ok", 7]);
    cloud.host.transferred(zone.id, { answered: false, recordCount: 0 });
    assert.equal((await cloud.get("/zones/second.com")).zone.status, "error");
    for (const [method, path, body] of onRecordSets) {
      const error = await cloud.fails("incorrect_zone_mode", method, `/zones/second.com${path}`, body);
      assert.equal(error.status, 422);
    }
    // The description excepts secondary zones, the API takes it.
    await cloud.act("/zones/second.com/actions/change_ttl", { ttl: 60 });
    assert.equal((await cloud.get("/zones/second.com")).zone.ttl, 60);
    await cloud.act("/zones/second.com/actions/change_primary_nameservers", {
      primary_nameservers: [{ address: "198.51.100.9", port: 54 }],
    });
    assert.deepEqual((await cloud.get("/zones/second.com")).zone.primary_nameservers, [
      { address: "198.51.100.9", port: 54 },
    ]);
    assert.deepEqual(published("second.com")?.contents, {
      mode: "secondary",
      sources: [{ address: "198.51.100.9", port: 54, key: null }],
    });
    await create("first.com");
    await cloud.fails("incorrect_zone_mode", "POST", "/zones/first.com/actions/change_primary_nameservers", {
      primary_nameservers: [{ address: "198.51.100.9" }],
    });
  });

  for (const nameserver of [
    { address: "127.0.0.1" },
    { address: "10.0.0.1" },
    { address: "ns.example.com" },
    { address: "198.51.100.1/24" },
    { address: "198.51.100.1", port: 0 },
    { address: "198.51.100.1", port: 65_536 },
    { address: "198.51.100.1", tsig_key: "c2VjcmV0" },
    { address: "198.51.100.1", tsig_key: 'x"\n  include: "/etc/shadow', tsig_algorithm: "hmac-sha256" },
    { address: "198.51.100.1", tsig_key: "c2VjcmV0", tsig_algorithm: "hmac-sha512" },
  ]) {
    it(`refuse the primary name server ${JSON.stringify(nameserver)}`, async () => {
      const error = await cloud.fails("invalid_input", "POST", "/zones", {
        name: "badsource.com",
        mode: "secondary",
        primary_nameservers: [nameserver],
      });
      assert.match(error.details.fields[0].name, /^primary_nameservers\.0/);
    });
  }
});
