import assert from "node:assert/strict";
import { X509Certificate } from "node:crypto";
import { statSync } from "node:fs";
import { join } from "node:path";
import { type Json, TestCloud } from "../testCloud";
import { makePems, type Pems } from "./pems";

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
  const balancer = async (certificates: number[]): Promise<Json> => {
    const { load_balancer, action } = await cloud.ok("POST", "/load_balancers", {
      name: "lb",
      load_balancer_type: "lb11",
      location: "fsn1",
      services: [{ protocol: "https", http: { certificates } }],
    });
    await cloud.succeeds(action);
    return load_balancer;
  };

  const zone = (name = "example.com") => cloud.ok("POST", "/zones", { name, mode: "primary" });

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

  it("issues a managed certificate by an action", async () => {
    await zone();
    let release = () => {};
    const held = new Promise<void>((resolve) => {
      release = resolve;
    });
    cloud.host.gate = ({ method }) => (method === "issueCertificate" ? held : Promise.resolve());
    const body = { name: "managed", type: "managed", domain_names: ["Example.com", "www.example.com"] };
    const { certificate, action } = await cloud.ok("POST", "/certificates", body);
    assert.equal(action.command, "create_certificate");
    assert.deepEqual(action.resources, [{ id: certificate.id, type: "certificate" }]);
    assert.deepEqual(
      [certificate.certificate, certificate.fingerprint, certificate.status],
      [null, null, { issuance: "pending", renewal: "unavailable", error: null }],
    );
    await cloud.fails("locked", "DELETE", `/certificates/${certificate.id}`);
    release();
    await cloud.succeeds(action);
    const issued = (await cloud.get(`/certificates/${certificate.id}`)).certificate;
    const leaf = new X509Certificate(issued.certificate);
    assert.equal(leaf.subjectAltName, "DNS:example.com, DNS:www.example.com");
    assert.equal(issued.fingerprint, leaf.fingerprint256);
    assert.deepEqual(issued.domain_names, ["example.com", "www.example.com"]);
    assert.deepEqual(issued.status, { issuance: "completed", renewal: "unavailable", error: null });
    assert.equal((await cloud.get(`/certificates/actions/${action.id}`)).action.id, action.id);
  });

  it("needs a DNS zone for a managed certificate, and tries again when it is told to", async () => {
    const body = { name: "managed", type: "managed", domain_names: ["www.example.com"] };
    const { certificate, action } = await cloud.ok("POST", "/certificates", body);
    assert.equal((await cloud.ended(action)).error.code, "dns_zone_not_found");
    const path = `/certificates/${certificate.id}`;
    assert.equal((await cloud.get(path)).certificate.status.error.code, "dns_zone_not_found");
    await zone("elsewhere-example.com");
    const { action: second } = await cloud.ok("POST", `${path}/actions/retry`);
    assert.equal((await cloud.ended(second)).status, "error");
    await zone();
    await cloud.act(`${path}/actions/retry`);
    assert.equal((await cloud.get(path)).certificate.status.issuance, "completed");
  });

  it("says why an issuance failed", async () => {
    await zone();
    cloud.host.failure = ({ method }) => (method === "issueCertificate" ? "no authority" : null);
    const body = { name: "managed", type: "managed", domain_names: ["example.com"] };
    const { certificate, action } = await cloud.ok("POST", "/certificates", body);
    assert.equal((await cloud.ended(action)).status, "error");
    const path = `/certificates/${certificate.id}`;
    assert.deepEqual((await cloud.get(path)).certificate.status, {
      issuance: "failed",
      renewal: "unavailable",
      error: { code: "action_failed", message: "no authority" },
    });
    cloud.host.failure = () => null;
    const retry = await cloud.act(`${path}/actions/retry`);
    assert.equal(retry.command, "issue_certificate");
    assert.equal((await cloud.get(path)).certificate.status.issuance, "completed");
    const error = await cloud.fails("unsupported_error", "POST", `${path}/actions/retry`);
    assert.equal(error.message, "certificate not retryable");
  });

  it("renews a managed certificate in its last 30 days, and its load balancers get the new one", async () => {
    let days = 0;
    await cloud.stop();
    cloud = await TestCloud.start({ clock: () => new Date(Date.now() + days * 86_400_000) });
    await zone();
    const body = { name: "managed", type: "managed", domain_names: ["example.com"] };
    const { certificate, action } = await cloud.ok("POST", "/certificates", body);
    await cloud.succeeds(action);
    await balancer([certificate.id]);
    const path = `/certificates/${certificate.id}`;
    const before = (await cloud.get(path)).certificate;
    days = 59;
    (await cloud.api.background).clock.tick();
    await cloud.api.runner.idle();
    assert.equal((await cloud.get(path)).certificate.fingerprint, before.fingerprint);
    days = 61;
    (await cloud.api.background).clock.tick();
    assert.equal((await cloud.get(path)).certificate.status.renewal, "pending");
    await cloud.api.runner.idle();
    const after = (await cloud.get(path)).certificate;
    assert.notEqual(after.fingerprint, before.fingerprint);
    const [served] = cloud.host.world?.loadBalancers[0]?.certificates ?? [];
    assert.equal(served?.certificate, after.certificate);
  });

  it("finishes an issuance that a crash interrupted", async () => {
    await zone();
    cloud.host.gate = ({ method }) =>
      method === "issueCertificate" ? new Promise<void>(() => undefined) : Promise.resolve();
    const body = { name: "managed", type: "managed", domain_names: ["example.com"] };
    const { certificate } = await cloud.ok("POST", "/certificates", body);
    cloud.host.gate = async () => undefined;
    await cloud.restart();
    await cloud.api.runner.idle();
    const { status } = (await cloud.get(`/certificates/${certificate.id}`)).certificate;
    assert.equal(status.issuance, "completed");
  });

  it("cannot be retried or deleted wrongly: uploaded ones have no issuance, used ones stay", async () => {
    const row = await upload();
    await cloud.fails("unsupported_error", "POST", `/certificates/${row.id}/actions/retry`);
    const { id } = await balancer([row.id]);
    const { used_by } = (await cloud.get(`/certificates/${row.id}`)).certificate;
    assert.deepEqual(used_by, [{ id, type: "load_balancer" }]);
    const error = await cloud.fails("resource_in_use", "DELETE", `/certificates/${row.id}`);
    assert.equal(error.message, `certificate with ID ${row.id} is still in use`);
    await cloud.act(`/load_balancers/${id}/actions/delete_service`, { listen_port: 443 });
    assert.equal((await cloud.call("DELETE", `/certificates/${row.id}`)).status, 204);
  });

  it("hands certificate and key of its services to the machine room", async () => {
    await zone();
    const body = { name: "managed", type: "managed", domain_names: ["example.com"] };
    const { certificate, action } = await cloud.ok("POST", "/certificates", body);
    await cloud.succeeds(action);
    await balancer([certificate.id]);
    const [first] = cloud.host.world?.loadBalancers[0]?.certificates ?? [];
    assert.ok(new X509Certificate(first?.certificate ?? "").fingerprint256);
    assert.match(first?.privateKey ?? "", /PRIVATE KEY/);
  });

  it("belongs to one project", async () => {
    const row = await upload();
    const token = { token: "b".repeat(64) };
    await cloud.fails("not_found", "GET", `/certificates/${row.id}`, undefined, token);
  });
});
