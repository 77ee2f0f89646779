import assert from "node:assert/strict";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { execa } from "execa";
import type { LoadBalancerSpec } from "../../src/host/contract";
import { certificateFiles, listName } from "../../src/loadBalancers/certificateFiles";
import { haproxyConfig, statusPattern, word } from "../../src/loadBalancers/haproxy";
import { makePems, type Pems } from "../api/certificates/pems";
import { cases } from "./haproxyCases";
import { balancer, httpCheck, httpService, tcpService } from "./specs";

describe("HAProxy's configuration of a load balancer", () => {
  let folder: string;
  let first: Pems;
  let second: Pems;
  before(async function () {
    const { exitCode } = await execa("haproxy", ["-v"], { reject: false });
    if (exitCode !== 0) {
      console.log("      skipped: haproxy is not installed, `npm run localcloud -- up` installs it");
      this.skip();
    }
    folder = await mkdtemp(join(tmpdir(), "localcloud-haproxy-"));
    await writeFile(join(folder, "servers.state"), "1\n");
    [first, second] = await Promise.all([makePems("one.example"), makePems("two.example")]);
  });
  after(async () => {
    if (folder !== undefined) await rm(folder, { recursive: true });
  });

  const render = (spec: LoadBalancerSpec, ipv6 = true) =>
    haproxyConfig(spec, {
      ipv6,
      paths: {
        socket: join(folder, "stats socket"),
        serverState: join(folder, "servers.state"),
        certificateList: (port) => join(folder, listName(port)),
      },
    });
  const withCertificates = (given: Partial<LoadBalancerSpec>) =>
    balancer({
      ...given,
      certificates: [
        { id: 1, certificate: first.certificate, privateKey: first.key },
        { id: 2, certificate: second.certificate, privateKey: second.key },
      ],
    });

  for (const { what, spec: given, has, lacks = [] } of cases) {
    it(`serves ${what}, and haproxy accepts it`, async () => {
      const spec = withCertificates(given);
      const text = render(spec);
      for (const wanted of has) {
        const found = typeof wanted === "string" ? text.includes(wanted) : wanted.test(text);
        assert.ok(found, `${wanted} in\n${text}`);
      }
      for (const unwanted of lacks) {
        const found = typeof unwanted === "string" ? text.includes(unwanted) : unwanted.test(text);
        assert.ok(!found, `${unwanted} not in\n${text}`);
      }
      for (const { name, content } of certificateFiles(spec, folder)) {
        await writeFile(join(folder, name), content, { mode: 0o600 });
      }
      await writeFile(join(folder, "haproxy.cfg"), text);
      const checked = await execa("haproxy", ["-c", "-f", join(folder, "haproxy.cfg")], { reject: false });
      assert.equal(checked.exitCode, 0, `${checked.stderr}\n${text}`);
      assert.doesNotMatch(checked.stderr, /WARNING/);
    });
  }

  it("binds IPv4 alone where the host has no IPv6", () => {
    assert.doesNotMatch(render(balancer({ services: [tcpService()] }), false), /:::/);
  });

  it("is refused by haproxy when it is wrong", async () => {
    await writeFile(join(folder, "wrong.cfg"), `${render(balancer())}\nlisten x\n  balance magic\n`);
    const checked = await execa("haproxy", ["-c", "-f", join(folder, "wrong.cfg")], { reject: false });
    assert.equal(checked.exitCode, 1);
  });

  it("keeps words whole", () => {
    assert.equal(word("a b"), "a\\x20b");
    assert.equal(word("\u00e9\n"), "\\xc3\\xa9\\x0a");
    assert.equal(word("10.0.0.2:80"), "10.0.0.2:80");
  });

  const patterns: [string[], string, boolean][] = [
    [["2??", "3??"], "204", true],
    [["2??", "3??"], "404", false],
    [["2*"], "200", true],
    [["?0?"], "502", true],
    [["200"], "2000", false],
    [["20"], "200", false],
  ];
  for (const [codes, status, matches] of patterns) {
    it(`${matches ? "takes" : "refuses"} ${status} for ${codes.join(", ")}`, () =>
      assert.equal(new RegExp(statusPattern(codes)).test(status), matches));
  }

  it("names certificate files by their content and lists them in the service's order", () => {
    const service = httpService({ protocol: "https", listenPort: 443, http: { certificates: [2, 1] } });
    const files = certificateFiles(withCertificates({ services: [service] }), "/certs");
    const list = files.find(({ name }) => name === "443.list");
    assert.match(list?.content ?? "", /^\/certs\/2-[0-9a-f]{16}\.pem\n\/certs\/1-[0-9a-f]{16}\.pem\n$/);
    const renewed = { ...withCertificates({ services: [service] }) };
    const changed = certificateFiles(
      {
        ...renewed,
        certificates: renewed.certificates.map((row) => ({ ...row, privateKey: second.key })),
      },
      "/certs",
    );
    assert.notEqual(changed[0]?.name, files[0]?.name);
    assert.equal(httpCheck.http?.path, "/");
  });
});
