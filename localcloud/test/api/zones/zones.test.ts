import assert from "node:assert/strict";
import { type Json, otherToken, TestCloud } from "../testCloud";
import { values, zonesIn } from "./support/zones";

const nameservers = ["hydrogen.ns.hetzner.com.", "oxygen.ns.hetzner.com.", "helium.ns.hetzner.de."];

describe("zones", () => {
  let cloud: TestCloud;
  before(async () => {
    cloud = await TestCloud.start();
  });
  after(() => cloud.stop());
  afterEach(() => assert.deepEqual(cloud.problems, []));

  const { create, published } = zonesIn(() => cloud);

  const startOfAuthority = (now: Date) => {
    const day = now.toISOString().slice(0, 10).replaceAll("-", "");
    return `hydrogen.ns.hetzner.com. dns.hetzner.com. ${day}00 86400 10800 3600000 3600`;
  };

  it("are born with SOA and NS records of Hetzner's name servers", async () => {
    const { zone, action } = await cloud.ok("POST", "/zones", { name: "born.com", mode: "primary" });
    assert.equal(zone.status, "updating");
    assert.equal(action.command, "create_zone");
    assert.deepEqual(action.resources, [{ id: zone.id, type: "zone" }]);
    await cloud.succeeds(action);
    const { zone: made } = await cloud.get("/zones/born.com");
    assert.deepEqual(made, {
      id: zone.id,
      name: "born.com",
      created: made.created,
      mode: "primary",
      primary_nameservers: [],
      labels: {},
      protection: { delete: false },
      ttl: 3600,
      status: "ok",
      record_count: 4,
      authoritative_nameservers: {
        assigned: nameservers,
        delegated: [],
        delegation_last_check: made.created,
        delegation_status: "unregistered",
      },
      registrar: "other",
    });
    const { rrsets } = await cloud.get("/zones/born.com/rrsets");
    assert.deepEqual(
      rrsets.map(({ id, ttl }: Json) => [id, ttl]),
      [
        ["@/NS", null],
        ["@/SOA", null],
      ],
    );
    assert.deepEqual(values(rrsets[0]), nameservers);
    assert.deepEqual(values(rrsets[1]), [startOfAuthority(new Date())]);
    assert.equal(published("born.com")?.contents.mode, "primary");
  });

  it("are read by id and by name, filtered, sorted and labelled", async () => {
    const first = await create("listed-a.de", { labels: { side: "left" } });
    await create("listed-b.de", { labels: { side: "right" } });
    await cloud.ok("POST", "/zones", {
      name: "listed-c.de",
      mode: "secondary",
      primary_nameservers: [{ address: "203.0.113.7" }],
    });
    assert.equal((await cloud.get(`/zones/${first.id}`)).zone.name, "listed-a.de");
    const names = async (query: string) =>
      (await cloud.get(`/zones?${query}`)).zones.map(({ name }: Json) => name);
    assert.deepEqual(await names("name=listed-b.de"), ["listed-b.de"]);
    assert.deepEqual(await names("mode=secondary"), ["listed-c.de"]);
    assert.deepEqual(await names("label_selector=side"), ["listed-a.de", "listed-b.de"]);
    assert.deepEqual((await names("sort=name:desc")).slice(0, 2), ["listed-c.de", "listed-b.de"]);
    await cloud.fails("invalid_input", "GET", "/zones?sort=ttl");
    await cloud.fails("invalid_input", "GET", "/zones?mode=hidden");
    const { zone } = await cloud.ok("PUT", "/zones/listed-a.de", { labels: { side: "none" } });
    assert.deepEqual(zone.labels, { side: "none" });
    assert.deepEqual((await cloud.ok("PUT", "/zones/listed-a.de", {})).zone.labels, { side: "none" });
    await cloud.fails("not_found", "GET", "/zones/nobody.de");
    await cloud.fails("not_found", "GET", "/zones/Listed-a.de");
    await cloud.fails("not_found", "GET", "/zones/listed-a.de", undefined, { token: otherToken });
  });

  it("belong to one project, whichever asks", async () => {
    await create("taken.com");
    const error = await cloud.fails(
      "uniqueness_error",
      "POST",
      "/zones",
      { name: "taken.com", mode: "primary" },
      { token: otherToken },
    );
    assert.equal(error.status, 409);
    assert.deepEqual(error.details.fields, [{ name: "name" }]);
  });

  it("take record sets at creation, all or none", async () => {
    const zone = await create("filled.com", {
      ttl: 600,
      rrsets: [
        { name: "www", type: "A", records: [{ value: "198.51.100.1", comment: "web" }], labels: { a: "b" } },
        { name: "@", type: "MX", ttl: 120, records: [{ value: "10 mail" }] },
      ],
    });
    assert.deepEqual([zone.ttl, zone.record_count], [600, 6]);
    const { rrset } = await cloud.get("/zones/filled.com/rrsets/www/A");
    assert.deepEqual(rrset, {
      id: "www/A",
      name: "www",
      type: "A",
      ttl: null,
      labels: { a: "b" },
      protection: { change: false },
      records: [{ value: "198.51.100.1", comment: "web" }],
      zone: zone.id,
    });
    const wrong = { name: "www", type: "A", records: [{ value: "198.51.100.256" }] };
    const error = await cloud.fails("invalid_input", "POST", "/zones", {
      name: "half.com",
      mode: "primary",
      rrsets: [
        { ...wrong, records: [{ value: "198.51.100.1" }] },
        { ...wrong, name: "w2" },
      ],
    });
    assert.equal(error.details.fields[0].name, "rrsets.1.records.0.value");
    await cloud.fails("not_found", "GET", "/zones/half.com");
  });

  it("change their TTL, which counts for sets without one", async () => {
    await create("ttl.com", {
      rrsets: [{ name: "a", type: "A", ttl: 60, records: [{ value: "192.0.2.1" }] }],
    });
    await cloud.act("/zones/ttl.com/actions/change_ttl", { ttl: 7200 });
    assert.equal((await cloud.get("/zones/ttl.com")).zone.ttl, 7200);
    const contents = published("ttl.com")?.contents;
    assert.ok(contents?.mode === "primary");
    const ttls = contents.records.map(({ name, type, ttl }) => `${name} ${type} ${ttl}`);
    assert.ok(ttls.includes("a A 60") && ttls.includes("@ NS 7200"));
    for (const ttl of [59, 2_147_483_648, "3600", null]) {
      await cloud.fails("invalid_input", "POST", "/zones/ttl.com/actions/change_ttl", { ttl });
    }
  });

  it("are not deleted while they or one of their sets are protected", async () => {
    await create("kept.com");
    await cloud.act("/zones/kept.com/actions/change_protection", { delete: true });
    assert.deepEqual((await cloud.get("/zones/kept.com")).zone.protection, { delete: true });
    assert.equal((await cloud.fails("protected", "DELETE", "/zones/kept.com")).status, 423);
    await cloud.act("/zones/kept.com/actions/change_protection", { delete: false });
    await cloud.act("/zones/kept.com/rrsets/@/NS/actions/change_protection", { change: true });
    const error = await cloud.fails("protected", "DELETE", "/zones/kept.com");
    assert.equal(error.message, "RRSet(s) is/are change protected");
    await cloud.act("/zones/kept.com/rrsets/@/NS/actions/change_protection", { change: false });
    const answer = await cloud.call("DELETE", "/zones/kept.com");
    assert.equal(answer.status, 201);
    assert.equal(answer.body.action.command, "delete_zone");
    await cloud.succeeds(answer.body.action);
    await cloud.fails("not_found", "GET", "/zones/kept.com");
    assert.equal(published("kept.com"), undefined);
    assert.equal((await cloud.get(`/zones/actions/${answer.body.action.id}`)).action.status, "success");
    assert.equal((await create("kept.com")).status, "ok");
  });

  it("say error when the name servers could not take them", async () => {
    cloud.host.failure = ({ method }) => (method === "reconcileNames" ? "the name server is down" : null);
    const { zone, action } = await cloud.ok("POST", "/zones", { name: "lost.com", mode: "primary" });
    const ended = await cloud.ended(action);
    cloud.host.failure = () => null;
    assert.deepEqual(ended.error, { code: "action_failed", message: "the name server is down" });
    assert.equal((await cloud.get(`/zones/${zone.id}`)).zone.status, "error");
    await cloud.act("/zones/lost.com/actions/change_ttl", { ttl: 60 });
    assert.equal((await cloud.get(`/zones/${zone.id}`)).zone.status, "ok");
    cloud.problems.length = 0;
  });

  it("keep the history of their actions", async () => {
    const zone = await create("history.com");
    await cloud.act("/zones/history.com/actions/change_ttl", { ttl: 60 });
    const commands = (answer: Json) => answer.actions.map(({ command }: Json) => command);
    assert.deepEqual(commands(await cloud.get("/zones/history.com/actions")), ["create_zone", "change_ttl"]);
    assert.deepEqual(commands(await cloud.get(`/zones/${zone.id}/actions?sort=command`)), [
      "change_ttl",
      "create_zone",
    ]);
    const [{ id }] = (await cloud.get("/zones/history.com/actions")).actions;
    assert.equal((await cloud.get(`/zones/history.com/actions/${id}`)).action.id, id);
    assert.ok((await cloud.get("/zones/actions")).actions.length >= 2);
  });

  it("outlive the process, with their records and the actions that were running", async () => {
    let release = () => {};
    const gate = new Promise<void>((resolve) => {
      release = resolve;
    });
    await create("durable.com");
    cloud.host.gate = async ({ method }) => (method === "reconcileNames" ? gate : undefined);
    const { action } = await cloud.ok("POST", "/zones/durable.com/rrsets", {
      name: "www",
      type: "TXT",
      records: [{ value: '"still here"' }],
    });
    await cloud.restart();
    cloud.host.gate = async () => undefined;
    release();
    await cloud.api.runner.resume();
    await cloud.succeeds(action);
    assert.deepEqual(values((await cloud.get("/zones/durable.com/rrsets/www/TXT")).rrset), ['"still here"']);
  });
});
