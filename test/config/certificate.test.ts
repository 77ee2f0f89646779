import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { X509Certificate } from "node:crypto";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parseSettings } from "../../config/parse";
import { SettingsError } from "../../config/problems";

describe("certificate", () => {
  let directory: string;
  before(() => {
    directory = mkdtempSync(join(tmpdir(), "certificate-"));
  });
  after(() => rmSync(directory, { recursive: true }));

  function issue(name: string): { certificate: string; key: string } {
    const [key, certificate] = [join(directory, `${name}.key`), join(directory, `${name}.pem`)];
    const made = spawnSync("openssl", [
      ...["req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes"],
      ...[
        "-subj",
        `/CN=${name}`,
        "-addext",
        `subjectAltName=DNS:${name}`,
        "-keyout",
        key,
        "-out",
        certificate,
      ],
    ]);
    assert.equal(made.status, 0, String(made.stderr));
    return { certificate: readFileSync(certificate, "utf8"), key: readFileSync(key, "utf8") };
  }

  function problem(certificate: string): string {
    const services = { web: { image: "a/b:1", port: 80, pathPrefix: "/" } };
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

  it("fails when the PEM is broken", () => {
    const { certificate, key } = issue("www.example.com");
    assert.match(problem(certificate.slice(0, 200) + key), /no readable PEM/);
  });
});
