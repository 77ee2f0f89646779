import assert from "node:assert/strict";
import { reasonIn, visitedOf } from "../../scripts/localCertificate";
import { curlFor, reachedText } from "../../scripts/localTexts";

const issued = {
  url: "https://platform.test",
  address: "203.0.113.2",
  served: "issued",
  roots: "/var/lib/hetzner-platform/acme/roots.pem",
} as const;

describe("what npm run local says at its end", () => {
  it("is the https URL, whom to trust, and how a browser gets there", () => {
    const text = reachedText(issued);
    assert.match(text, /^The platform answers at https:\/\/platform\.test, which is 203\.0\.113\.2 here\.$/m);
    for (const word of [issued.roots, '"203.0.113.2 platform.test"', "https://platform.test:8443"])
      assert.ok(text.includes(word), `${word}: ${text}`);
  });

  it("is a curl that needs nothing of this machine's settings", () => {
    assert.equal(
      curlFor(issued),
      "curl -s --cacert /var/lib/hetzner-platform/acme/roots.pem --resolve platform.test:443:203.0.113.2",
    );
    const own = curlFor({ ...issued, served: "other" });
    assert.equal(own, "curl -s --insecure --resolve platform.test:443:203.0.113.2");
  });

  it("is the address alone where there is no certificate", () => {
    const plain = { ...issued, url: "http://203.0.113.2", served: "none" } as const;
    assert.equal(reachedText(plain), "The platform answers at http://203.0.113.2");
    assert.equal(curlFor(plain), "curl -s");
    assert.equal(visitedOf({ outputs: { url: plain.url, virtualIp: plain.address } }), undefined);
  });

  it("is what the load balancers say of a certificate that does not come", () => {
    const status = { certificate: { reasons: ["none has been issued yet: waits for an address"] } };
    assert.equal(reasonIn(JSON.stringify(status)), "none has been issued yet: waits for an address");
    assert.equal(reasonIn('{"haproxy": {}}'), "says nothing of a certificate");
    assert.equal(reasonIn(""), "has no status");
  });
});
