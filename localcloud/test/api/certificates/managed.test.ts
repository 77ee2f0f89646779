import assert from "node:assert/strict";
import { X509Certificate } from "node:crypto";
import { hold } from "../hold";
import { TestCloud } from "../testCloud";
import { balancerWith } from "./support/balancer";

describe("local cloud API: managed certificates", () => {
  let cloud: TestCloud;
  beforeEach(async () => {
    cloud = await TestCloud.start();
  });
  afterEach(() => cloud.stop());

  const zone = (name = "example.com") => cloud.ok("POST", "/zones", { name, mode: "primary" });

  it("issues a managed certificate by an action", async () => {
    await zone();
    const release = hold(cloud, "issueCertificate");
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
    await balancerWith(cloud, [certificate.id]);
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

  it("hands certificate and key of its services to the machine room", async () => {
    await zone();
    const body = { name: "managed", type: "managed", domain_names: ["example.com"] };
    const { certificate, action } = await cloud.ok("POST", "/certificates", body);
    await cloud.succeeds(action);
    await balancerWith(cloud, [certificate.id]);
    const [first] = cloud.host.world?.loadBalancers[0]?.certificates ?? [];
    assert.ok(new X509Certificate(first?.certificate ?? "").fingerprint256);
    assert.match(first?.privateKey ?? "", /PRIVATE KEY/);
  });
});
