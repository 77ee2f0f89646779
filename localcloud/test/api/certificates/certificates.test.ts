import assert from "node:assert/strict";
import { X509Certificate } from "node:crypto";
import { statSync } from "node:fs";
import { join } from "node:path";
import { type Json, TestCloud } from "../testCloud";
import { makePems, type Pems } from "./pems";
import { balancerWith } from "./support/balancer";

describe("local cloud API: certificates", () => {
  let cloud: TestCloud;
  let authority: Pems;
  let pems: Pems;
  let other: Pems;
  before(async () => {
    authority = await makePems("authority", { names: [] });
    pems = await makePems("example.org", { names: ["example.org", "*.example.org"], issuer: authority });
    other = await makePems("other.example", { names: [] });
  });
  beforeEach(async () => {
    cloud = await TestCloud.start();
  });
  afterEach(() => cloud.stop());

  const upload = async (more: object = {}): Promise<Json> => {
    const body = { name: "site", certificate: pems.certificate, private_key: pems.key, ...more };
    return (await cloud.ok("POST", "/certificates", body)).certificate;
  };

  it("reads names, fingerprint and validity from an uploaded certificate, without an action", async () => {
    const body = { name: "site", labels: { a: "b" }, certificate: pems.certificate, private_key: pems.key };
    const { certificate, action } = await cloud.ok("POST", "/certificates", body);
    const leaf = new X509Certificate(pems.certificate);
    assert.equal(action, null);
    assert.deepEqual(certificate, {
      id: certificate.id,
      name: "site",
      labels: { a: "b" },
      type: "uploaded",
      certificate: pems.certificate,
      created: certificate.created,
      not_valid_before: new Date(leaf.validFrom).toISOString(),
      not_valid_after: new Date(leaf.validTo).toISOString(),
      domain_names: ["example.org", "*.example.org"],
      fingerprint: leaf.fingerprint256,
      status: null,
      used_by: [],
    });
    assert.match(certificate.fingerprint, /^[0-9A-F]{2}(:[0-9A-F]{2}){31}$/);
    assert.deepEqual((await cloud.get(`/certificates/${certificate.id}/actions`)).actions, []);
    assert.ok(!JSON.stringify(await cloud.get("/certificates")).includes("PRIVATE KEY"));
  });

  it("takes a chain in which each certificate certifies the one before it", async () => {
    const chain = `${pems.certificate}${authority.certificate}`;
    assert.equal((await upload({ certificate: chain })).certificate, chain);
  });

  it("names the host of a certificate without alternative names by its subject", async () => {
    const row = await upload({ certificate: other.certificate, private_key: other.key });
    assert.deepEqual(row.domain_names, ["other.example"]);
  });

  it("keeps keys in a file that only root reads", async () => {
    await upload();
    assert.equal(statSync(join(cloud.directory, "state.sqlite")).mode & 0o777, 0o600);
    assert.equal(statSync(join(cloud.directory, "state.sqlite-wal")).mode & 0o777, 0o600);
  });

  const refusals: [string, string, () => Promise<object> | object][] = [
    ["no certificate", "certificate", () => ({ certificate: undefined })],
    ["no key", "private_key", () => ({ private_key: undefined })],
    ["text that is no certificate", "certificate", () => ({ certificate: "hello" })],
    [
      "a block that is no certificate",
      "certificate",
      () => ({ certificate: "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n" }),
    ],
    ["text that is no key", "private_key", () => ({ private_key: "hello" })],
    ["the key of another certificate", "private_key", () => ({ private_key: other.key })],
    [
      "a chain in the wrong order",
      "certificate",
      () => ({ certificate: `${pems.certificate}${other.certificate}` }),
    ],
    [
      "a key that is too short for TLS",
      "certificate",
      async () => {
        const weak = await makePems("weak.example", { key: "rsa:1024" });
        return { certificate: weak.certificate, private_key: weak.key };
      },
    ],
    ["a managed one without names", "domain_names", () => ({ type: "managed" })],
    [
      "a managed one for a path",
      "domain_names.0",
      () => ({ type: "managed", domain_names: ["../../etc/passwd"] }),
    ],
    [
      "a managed one for two names in one",
      "domain_names.0",
      () => ({ type: "managed", domain_names: ["a.example,IP:1.2.3.4"] }),
    ],
  ];
  for (const [what, field, change] of refusals) {
    it(`refuses ${what}`, async () => {
      const body = { name: "x", certificate: pems.certificate, private_key: pems.key, ...(await change()) };
      const error = await cloud.fails("invalid_input", "POST", "/certificates", body);
      assert.equal(error.details.fields[0].name, field);
      assert.deepEqual((await cloud.get("/certificates")).certificates, []);
    });
  }

  it("has unique names, lists by type, renames and deletes", async () => {
    const row = await upload();
    const again = { name: "site", certificate: pems.certificate, private_key: pems.key };
    await cloud.fails("uniqueness_error", "POST", "/certificates", again);
    assert.equal((await cloud.get("/certificates?type=uploaded")).certificates.length, 1);
    assert.equal((await cloud.get("/certificates?type=managed")).certificates.length, 0);
    await cloud.fails("invalid_input", "GET", "/certificates?type=stolen");
    const body = { name: "new", labels: { x: "y" } };
    const { certificate } = await cloud.ok("PUT", `/certificates/${row.id}`, body);
    assert.deepEqual([certificate.name, certificate.labels], ["new", { x: "y" }]);
    assert.equal((await cloud.call("DELETE", `/certificates/${row.id}`)).status, 204);
    await cloud.fails("not_found", "GET", `/certificates/${row.id}`);
  });

  it("cannot be retried or deleted wrongly: uploaded ones have no issuance, used ones stay", async () => {
    const row = await upload();
    await cloud.fails("unsupported_error", "POST", `/certificates/${row.id}/actions/retry`);
    const { id } = await balancerWith(cloud, [row.id]);
    const { used_by } = (await cloud.get(`/certificates/${row.id}`)).certificate;
    assert.deepEqual(used_by, [{ id, type: "load_balancer" }]);
    const error = await cloud.fails("resource_in_use", "DELETE", `/certificates/${row.id}`);
    assert.equal(error.message, `certificate with ID ${row.id} is still in use`);
    await cloud.act(`/load_balancers/${id}/actions/delete_service`, { listen_port: 443 });
    assert.equal((await cloud.call("DELETE", `/certificates/${row.id}`)).status, 204);
  });

  it("belongs to one project", async () => {
    const row = await upload();
    const token = { token: "b".repeat(64) };
    await cloud.fails("not_found", "GET", `/certificates/${row.id}`, undefined, token);
  });
});
