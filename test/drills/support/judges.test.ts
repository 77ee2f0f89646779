import assert from "node:assert/strict";
import { unacceptedOfTls } from "./accepted";
import { holesIn } from "./nmap";
import { findingsIn } from "./tls";

describe("what judges say", () => {
  it("of nmap: holes, weak ciphers and versions, by port", () => {
    const report = `Starting Nmap 7.95
PORT    STATE SERVICE
80/tcp  open  http    nginx
|_http-server-header: nginx
443/tcp open  https
| ssl-poodle:
|   VULNERABLE:
|   State: NOT VULNERABLE
| ssl-enum-ciphers:
|_  least strength: C
8080/tcp open  http
|_http-server-header: nginx/1.26.3
Nmap done: 1 IP address`;
    assert.deepEqual(holesIn(report), [
      "443: VULNERABLE:",
      "443: least strength: C",
      "8080: http-server-header: nginx/1.26.3",
    ]);
  });

  it("of testssl: what is worse than informative, after what it prints besides", () => {
    const found = [
      { id: "cipherlist_NULL", severity: "OK", finding: "not offered" },
      { id: "SSLv3", severity: "CRITICAL", finding: "offered" },
      { id: "HSTS", severity: "LOW", finding: "not offered" },
      { id: "cert_keySize", severity: "INFO", finding: "EC 256 bits" },
    ];
    const findings = findingsIn(`said\n${JSON.stringify(found)}`);
    assert.deepEqual(
      findings.map(({ id }) => id),
      ["SSLv3", "HSTS"],
    );
    assert.deepEqual(unacceptedOfTls(findings), ["CRITICAL SSLv3: offered"]);
  });

  it("fail when they came to no end", () => {
    assert.throws(() => findingsIn("Fatal error: no connection"), /no end/);
    assert.throws(() => findingsIn("[]"), /no end/);
  });
});
