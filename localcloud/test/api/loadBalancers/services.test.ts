import assert from "node:assert/strict";
import { makePems } from "../certificates/pems";
import { hold } from "../hold";
import { TestCloud } from "../testCloud";
import { balancersIn, TCP } from "./support/balancers";

const httpCheck = { domain: null, path: "/", response: "", status_codes: ["2??", "3??"], tls: false };
const HTTP = {
  cookie_name: "HCLBSTICKY",
  cookie_lifetime: 300,
  timeout_idle: 50,
  sticky_sessions: false,
  certificates: [],
  redirect_http: false,
};

describe("local cloud API: services of load balancers", () => {
  let cloud: TestCloud;
  beforeEach(async () => {
    cloud = await TestCloud.start();
  });
  afterEach(() => cloud.stop());

  const { create, read, act, refuse } = balancersIn(() => cloud);

  const certificate = async (name: string): Promise<number> => {
    const pems = await makePems(`${name}.example`);
    const body = { name, certificate: pems.certificate, private_key: pems.key };
    return (await cloud.ok("POST", "/certificates", body)).certificate.id;
  };

  it("fills in what a service leaves out (HC-D9)", async () => {
    const row = await create({ services: [{ protocol: "http" }, TCP] });
    const check = { interval: 15, timeout: 10, retries: 3 };
    assert.deepEqual(row.services, [
      {
        protocol: "http",
        listen_port: 80,
        destination_port: 80,
        proxyprotocol: false,
        health_check: { protocol: "http", port: 80, ...check, http: httpCheck },
        http: HTTP,
      },
      { ...TCP, proxyprotocol: false, health_check: { protocol: "tcp", port: 5432, ...check } },
    ]);
    await act(row, "add_service", { protocol: "https" });
    const [, , https] = (await read(row)).services;
    assert.deepEqual([https.listen_port, https.destination_port, https.http], [443, 80, HTTP]);
    assert.equal(https.health_check.protocol, "tcp", "TLS that is passed through answers no plain HTTP");
    const error = await refuse("invalid_input", row, "add_service", { protocol: "tcp" });
    assert.equal(error.details.fields[0].name, "listen_port");
  });

  it("keeps what an update of a service does not name", async () => {
    const id = await certificate("site");
    const http = { certificates: [id], redirect_http: true, cookie_name: "MINE", sticky_sessions: true };
    const row = await create({ services: [{ protocol: "https", http }] });
    await act(row, "update_service", {
      listen_port: 443,
      destination_port: 8080,
      http: { timeout_idle: 60 },
      health_check: { interval: 30, http: { path: "/health", domain: "example.com", status_codes: ["200"] } },
    });
    const [service] = (await read(row)).services;
    assert.deepEqual(service, {
      protocol: "https",
      listen_port: 443,
      destination_port: 8080,
      proxyprotocol: false,
      health_check: {
        protocol: "http",
        port: 80,
        interval: 30,
        timeout: 10,
        retries: 3,
        http: { ...httpCheck, path: "/health", domain: "example.com", status_codes: ["200"] },
      },
      http: { ...HTTP, ...http, timeout_idle: 60 },
    });
    await act(row, "update_service", {
      listen_port: 443,
      protocol: "tcp",
      health_check: { protocol: "tcp" },
    });
    const [tcp] = (await read(row)).services;
    assert.ok(!("http" in tcp) && !("http" in tcp.health_check));
    await refuse("not_found", row, "update_service", { listen_port: 81 });
    await refuse("not_found", row, "delete_service", { listen_port: 81 });
    await act(row, "delete_service", { listen_port: 443 });
    assert.deepEqual((await read(row)).services, []);
  });

  it("gives each source port to one service, that of a redirect included", async () => {
    const id = await certificate("site");
    const row = await create({ services: [{ protocol: "http" }] });
    const again = await refuse("source_port_already_used", row, "add_service", { protocol: "http" });
    assert.equal(again.status, 412);
    const https = { protocol: "https", http: { certificates: [id], redirect_http: true } };
    assert.equal((await refuse("source_port_already_used", row, "add_service", https)).status, 412);
    await act(row, "add_service", { protocol: "https", http: { certificates: [id] } });
    const update = { listen_port: 443, http: { redirect_http: true } };
    assert.equal((await refuse("source_port_already_used", row, "update_service", update)).status, 422);
    const body = { name: "two", load_balancer_type: "lb11", location: "fsn1", services: [TCP, TCP] };
    assert.equal(
      (await cloud.fails("source_port_already_used", "POST", "/load_balancers", body)).status,
      412,
    );
  });

  it("takes services that are added at once, and knows the ports of those that are still being added", async () => {
    const row = await create();
    const release = hold(cloud);
    const add = (body: object) => cloud.ok("POST", `/load_balancers/${row.id}/actions/add_service`, body);
    const { action: http } = await add({ protocol: "http" });
    const { action: tcp } = await add(TCP);
    await refuse("source_port_already_used", row, "add_service", { protocol: "http" });
    assert.deepEqual((await read(row)).services, [], "state changes when the action ends");
    release();
    await cloud.succeeds(http);
    await cloud.succeeds(tcp);
    assert.equal((await read(row)).services.length, 2);
  });

  const badServices: [string, object, string][] = [
    ["a protocol that does not exist", { protocol: "udp", listen_port: 1 }, "protocol"],
    ["port 0", { ...TCP, listen_port: 0 }, "listen_port"],
    ["port 65536", { ...TCP, destination_port: 65_536 }, "destination_port"],
    ["checks that are too frequent", { ...TCP, health_check: { interval: 2 } }, "health_check.interval"],
    ["a timeout of 61 s", { ...TCP, health_check: { timeout: 61 } }, "health_check.timeout"],
    ["six retries", { ...TCP, health_check: { retries: 6 } }, "health_check.retries"],
    [
      "a status that no pattern can be",
      { protocol: "http", health_check: { http: { status_codes: ["2xx"] } } },
      "health_check.http.status_codes.0",
    ],
    [
      "a path with a line break",
      { protocol: "http", health_check: { http: { path: "/\nbackend evil" } } },
      "health_check.http.path",
    ],
    [
      "a domain with a format",
      { protocol: "http", health_check: { http: { domain: "%[env(PATH)]" } } },
      "health_check.http.domain",
    ],
    ["a short cookie lifetime", { protocol: "http", http: { cookie_lifetime: 29 } }, "http.cookie_lifetime"],
    ["a cookie name with a space", { protocol: "http", http: { cookie_name: "a b" } }, "http.cookie_name"],
    ["certificates for http", { protocol: "http", http: { certificates: [1] } }, "http.certificates"],
    ["a redirect for http", { protocol: "http", http: { redirect_http: true } }, "http.redirect_http"],
  ];
  for (const [what, service, field] of badServices) {
    it(`refuses ${what}`, async () => {
      const row = await create();
      const error = await refuse("invalid_input", row, "add_service", service);
      assert.equal(error.details.fields[0].name, field);
      assert.deepEqual((await read(row)).services, []);
    });
  }

  it("needs certificates that exist and were issued", async () => {
    const row = await create();
    const https = (id: number) => ({ protocol: "https", http: { certificates: [id] } });
    await refuse("not_found", row, "add_service", https(99));
    cloud.host.failure = ({ method }) => (method === "issueCertificate" ? "no" : null);
    const managed = { name: "m", type: "managed", domain_names: ["a.example"] };
    const { certificate: pending } = await cloud.ok("POST", "/certificates", managed);
    await cloud.api.runner.idle();
    await refuse("invalid_input", row, "add_service", https(pending.id));
  });
});
