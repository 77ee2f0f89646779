import assert from "node:assert/strict";
import { createPrivateKey, X509Certificate } from "node:crypto";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { execa } from "execa";
import { authorityCertificate, machineAuthority } from "../../../../components/setup/tiers/authority";

const seed = Buffer.alloc(32, 7).toString("base64");
const app1 = { hostname: "prod-app1", role: "app", privateIp: "10.0.2.11" };
const app2 = { hostname: "prod-app2", role: "app", privateIp: "10.0.2.12" };

describe("machineAuthority", () => {
  let folder: string;
  const openssl = (...words: string[]) => execa("openssl", words, { cwd: folder, reject: false, all: true });

  before(async () => {
    folder = await mkdtemp(join(tmpdir(), "tiers-"));
    const { certificate, issuer } = machineAuthority(seed, app1);
    await writeFile(join(folder, "authority.pem"), certificate);
    await writeFile(join(folder, "other.pem"), machineAuthority(seed, app2).certificate);
    await writeFile(join(folder, "issuer.pem"), issuer.certificate);
    await writeFile(join(folder, "issuer.key"), issuer.key, { mode: 0o600 });
  });

  after(() => rm(folder, { recursive: true, force: true }));

  /** What somebody makes who has got into the machine, or the machine itself. */
  async function leaf(
    subjectAltName: string,
    more: readonly string[] = ["basicConstraints=critical,CA:FALSE"],
  ) {
    const lines = [
      "[req]\ndistinguished_name=name\nprompt=no\nx509_extensions=leaf\n[name]\nCN=leaf\n[leaf]",
      `subjectAltName=${subjectAltName}`,
      ...more,
    ];
    await writeFile(join(folder, "leaf.cnf"), `${lines.join("\n")}\n`);
    const key = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-keyout", "leaf.key"];
    const by = ["-CA", "issuer.pem", "-CAkey", "issuer.key", "-days", "30", "-config", "leaf.cnf"];
    const made = await openssl("req", "-x509", ...key, ...by, "-out", "leaf.pem");
    assert.equal(made.exitCode, 0, made.all);
  }

  const verify = async (authority: string) => {
    const chain = ["-CAfile", authority, "-untrusted", "issuer.pem", "leaf.pem"];
    return (await openssl("verify", "-x509_strict", ...chain)).all;
  };

  it("answers the same text each time, so that a second up changes nothing", () => {
    assert.deepEqual(machineAuthority(seed, app1), machineAuthority(seed, app1));
  });

  it("is known to others by the same certificate that it has itself", () => {
    assert.equal(authorityCertificate(seed, app1), machineAuthority(seed, app1).certificate);
  });

  it("makes another authority for another machine and for another platform", () => {
    const otherSeed = Buffer.alloc(32, 8).toString("base64");
    const all = [
      machineAuthority(seed, app1),
      machineAuthority(seed, app2),
      machineAuthority(otherSeed, app1),
    ].flatMap(({ certificate, issuer }) => [certificate, issuer.certificate, issuer.key]);
    assert.equal(new Set(all).size, all.length);
  });

  it("fails when the seed is not 32 bytes", () => {
    assert.throws(
      () => machineAuthority("c2hvcnQ=", app1),
      /the seed of the private authorities must be 32 bytes, got 5/,
    );
  });

  it("hands out an issuer whose key belongs to it, and no key of the authority", () => {
    const { certificate, issuer } = machineAuthority(seed, app1);
    const [root, below] = [new X509Certificate(certificate), new X509Certificate(issuer.certificate)];
    assert.ok(below.checkPrivateKey(createPrivateKey(issuer.key)));
    assert.ok(root.verify(root.publicKey) && below.verify(root.publicKey) && below.checkIssued(root));
    assert.equal(root.publicKey.asymmetricKeyType, "ed25519");
    assert.deepEqual([root.ca, below.ca], [true, true]);
    assert.equal(below.validTo, "Dec 31 23:59:59 9999 GMT");
  });

  it("is believed by OpenSSL, with its strict rules, for the machine's own names", async () => {
    await leaf("DNS:prod-app1,DNS:app,IP:10.0.2.11");
    assert.match((await verify("authority.pem")) ?? "", /leaf.pem: OK/);
  });

  it("is believed by nobody who trusts other machines", async () => {
    await leaf("DNS:prod-app1,DNS:app,IP:10.0.2.11");
    assert.match((await verify("other.pem")) ?? "", /unable to get (local )?issuer certificate/);
  });

  for (const name of ["DNS:prod-app2", "DNS:database", "IP:10.0.2.12", "DNS:prod-app1,DNS:prod-edge1"]) {
    it(`is not believed for names of other machines: ${name}`, async () => {
      await leaf(name);
      assert.match((await verify("authority.pem")) ?? "", /permitted subtree violation/);
    });
  }

  it("lets the machine make no further issuer", async () => {
    await leaf("DNS:prod-app1", ["basicConstraints=critical,CA:TRUE", "keyUsage=critical,keyCertSign"]);
    const key = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-keyout", "below.key"];
    const made = await openssl(
      ...["req", "-x509", ...key, "-CA", "leaf.pem", "-CAkey", "leaf.key", "-days", "30"],
      ...["-subj", "/CN=below", "-addext", "subjectAltName=DNS:prod-app1", "-out", "below.pem"],
    );
    assert.equal(made.exitCode, 0, made.all);
    const chain = [
      "-CAfile",
      "authority.pem",
      "-untrusted",
      "issuer.pem",
      "-untrusted",
      "leaf.pem",
      "below.pem",
    ];
    assert.match((await openssl("verify", ...chain)).all ?? "", /path length constraint exceeded/);
  });
});
