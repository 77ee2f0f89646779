import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { X509Certificate } from "node:crypto";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { SettingsError } from "../../../../components/settings/problems";
import { parseSettings } from "../../../../components/stack/parse";

describe("certificate", () => {
  let directory: string;
  before(() => {
    directory = mkdtempSync(join(tmpdir(), "certificate-"));
  });
  after(() => rmSync(directory, { recursive: true }));

  function issue(
    name: string,
    { key: keyKind = ["ec", "-pkeyopt", "ec_paramgen_curve:P-256"], alternative = `DNS:${name}` } = {},
  ): { certificate: string; key: string } {
    const [key, certificate] = [join(directory, `${name}.key`), join(directory, `${name}.pem`)];
    const made = spawnSync("openssl", [
      ...["req", "-x509", "-newkey", ...keyKind, "-nodes"],
      ...[
        "-subj",
        `/CN=${name}`,
        "-addext",
        `subjectAltName=${alternative}`,
        "-keyout",
        key,
        "-out",
        certificate,
      ],
    ]);
    assert.equal(made.status, 0, String(made.stderr));
    return { certificate: readFileSync(certificate, "utf8"), key: readFileSync(key, "utf8") };
  }

  function problem(certificate: string, host?: string): string {
    const services = {
      web: { image: "a/b:1", port: 80, pathPrefix: "/" },
      shop: { image: "a/b:1", port: 80, pathPrefix: "/shop", host },
    };
    const values = {
      domain: "www.example.com",
      adminRanges: ["198.51.100.7/32"],
      app: { services },
      certificate,
    };
    try {
      parseSettings(values, "prod");
      return "";
    } catch (error) {
      assert.ok(error instanceof SettingsError);
      assert.equal(error.problems[0]?.path, "certificate");
      return error.message;
    }
  }

  it("is accepted with its key and the domain's name, and with a wildcard", () => {
    const own = issue("www.example.com");
    assert.equal(problem(own.certificate + own.key), "");
    const wildcard = issue("*.example.com");
    assert.equal(problem(wildcard.key + wildcard.certificate), "");
  });

  it("fails when it is not for the host of a service too", () => {
    const own = issue("www.example.com");
    assert.match(
      problem(own.certificate + own.key, "shop.example.org"),
      /DNS:www\.example\.com, allowed one for shop\.example\.org too/,
    );
    const both = issue("www.example.com", { alternative: "DNS:www.example.com,DNS:shop.example.org" });
    assert.equal(problem(both.certificate + both.key, "shop.example.org"), "");
  });

  it("is accepted by a Node that has no X509Certificate.validToDate, as 20 and 22.0 have none", () => {
    const newer = Object.getOwnPropertyDescriptor(X509Certificate.prototype, "validToDate");
    if (newer !== undefined) Reflect.deleteProperty(X509Certificate.prototype, "validToDate");
    try {
      const { certificate, key } = issue("www.example.com");
      assert.equal(problem(certificate + key), "");
    } finally {
      if (newer !== undefined) Object.defineProperty(X509Certificate.prototype, "validToDate", newer);
    }
  });

  it("fails when the key belongs to another certificate", () => {
    const [own, other] = [issue("www.example.com"), issue("other.example.com")];
    const message = problem(own.certificate + other.key);
    assert.match(message, /a key of another certificate/);
    assert.doesNotMatch(message, /PRIVATE KEY/);
  });

  it("fails when it is for another domain", () => {
    const other = issue("shop.example.org");
    assert.match(
      problem(other.certificate + other.key),
      /DNS:shop\.example\.org.*one for domain www\.example\.com/,
    );
  });

  it("fails when it has ended", () => {
    const { certificate, key } = issue("www.example.com");
    const now = Date.now;
    Date.now = () => now() + 365 * 86_400_000;
    try {
      assert.match(problem(certificate + key), /got one that ended .*renew it/);
    } finally {
      Date.now = now;
    }
  });

  it("fails before it is valid", () => {
    const { certificate, key } = issue("www.example.com");
    const now = Date.now;
    Date.now = () => now() - 86_400_000;
    try {
      assert.match(problem(certificate + key), /got one that begins .*this machine's clock/);
    } finally {
      Date.now = now;
    }
  });

  it("fails when the key has a passphrase, with the command that takes it off", () => {
    const { certificate, key } = issue("www.example.com");
    const locked = spawnSync("openssl", ["pkcs8", "-topk8", "-passout", "pass:x"], { input: key });
    assert.match(problem(certificate + locked.stdout), /got a private key with a passphrase.*openssl pkey/);
  });

  for (const kind of [["rsa:1024"], ["ec", "-pkeyopt", "ec_paramgen_curve:prime192v1"]]) {
    it(`fails with a key of ${kind.at(-1)}, with which nginx does not start`, () => {
      const { certificate, key } = issue("www.example.com", { key: kind });
      assert.match(problem(certificate + key), /got a key of .*RSA from 2048 bits up/);
    });
  }

  for (const kind of [["rsa:2048"], ["ed25519"], ["ec", "-pkeyopt", "ec_paramgen_curve:secp384r1"]]) {
    it(`is accepted with a key of ${kind.at(-1)}, in lines of Windows and with the chain behind it`, () => {
      const { certificate, key } = issue("www.example.com", { key: kind });
      const chain = issue("ca.example.com").certificate;
      assert.equal(problem((key + certificate + chain).replaceAll("\n", "\r\n")), "");
    });
  }

  it("fails when the domain stands in the subject alone, which no browser reads any more", () => {
    const { certificate, key } = issue("www.example.com", { alternative: "email:admin@example.com" });
    assert.match(problem(certificate + key), /one for domain www\.example\.com/);
  });

  it("fails when a certificate of the chain is broken, with which nginx does not start", () => {
    const { certificate, key } = issue("www.example.com");
    const broken = issue("ca.example.com").certificate.replace(/\n..../, "\n@@@@");
    assert.match(problem(certificate + broken + key), /no readable PEM/);
  });

  it("fails when the chain stands before the domain's certificate", () => {
    const { certificate, key } = issue("www.example.com");
    assert.match(
      problem(issue("ca.example.com").certificate + certificate + key),
      /domain's certificate as the first/,
    );
  });

  it("fails when the PEM is broken", () => {
    const { certificate, key } = issue("www.example.com");
    assert.match(problem(certificate.slice(0, 200) + key), /no readable PEM/);
  });
});
