import assert from "node:assert/strict";
import { execaSync } from "execa";
import { haproxyConfig } from "../../../../components/roles/edge/haproxy";
import { nginxConfig } from "../../../../components/roles/edge/nginx";
import { cipherScan } from "./support/ciphers";
import { inDebian13, whyNoDebian13 } from "./support/debian13";
import { edgeOptions } from "./support/options";

interface Scan {
  /** By OpenSSL's names, without those of TLS 1.3. */
  readonly tried: readonly string[];
  readonly taken: readonly string[];
  readonly versions: readonly string[];
  /** What `HIGH:!aNULL:!MD5` stands for. */
  readonly high: readonly string[];
}

const commands = {
  haproxy: "haproxy -D -f /etc/haproxy/haproxy.cfg",
  nginx: "nginx -c /etc/platform/nginx.conf",
};

const keys = {
  ECDSA: ["ec", "-pkeyopt", "ec_paramgen_curve:prime256v1"],
  RSA: ["rsa:2048"],
} as const;

type KeyKind = keyof typeof keys;

function certificateOf(kind: KeyKind): string {
  const options = ["-nodes", "-keyout", "-", "-out", "-", "-days", "1", "-subj", "/CN=www.example.com"];
  return `${execaSync("openssl", ["req", "-x509", "-newkey", ...keys[kind], ...options]).stdout}\n`;
}

/** @param loosened changes the configuration */
async function scan(
  engine: keyof typeof commands,
  kind: KeyKind,
  loosened = (config: string) => config,
): Promise<Scan> {
  const options = { ...edgeOptions, certificate: certificateOf(kind) };
  const { output } = await inDebian13(
    `ip address add ${edgeOptions.machine.privateIp}/32 dev lo
${commands[engine]} >/dev/null 2>&1
python3 /tmp/ciphers.py 127.0.0.1 www.example.com`,
    {
      "/tmp/ciphers.py": cipherScan,
      "/etc/haproxy/haproxy.cfg": loosened(haproxyConfig(options)),
      "/etc/platform/nginx.conf": loosened(nginxConfig(options)),
      "/etc/platform/secrets/site.pem": options.certificate,
    },
  );
  const line = output.split("\n").find((text) => text.startsWith("RESULT "));
  assert.ok(line !== undefined, output);
  return JSON.parse(line.slice("RESULT ".length)) as Scan;
}

/** Forward secrecy and authenticated encryption, nothing else. */
const strong = (kind: KeyKind) => [
  `ECDHE-${kind}-AES128-GCM-SHA256`,
  `ECDHE-${kind}-AES256-GCM-SHA384`,
  `ECDHE-${kind}-CHACHA20-POLY1305`,
];

describe("ciphers that a visitor may get", function () {
  this.timeout(300_000);
  before(function () {
    if (whyNoDebian13() !== undefined) this.skip();
  });

  for (const engine of ["haproxy", "nginx"] as const) {
    for (const kind of ["ECDSA", "RSA"] as const) {
      it(`S3-38: ${engine} with a key for ${kind} takes strong ciphers alone, of all that OpenSSL has, and no version before TLS 1.2`, async () => {
        const { tried, taken, versions, high } = await scan(engine, kind);
        for (const weak of [`ECDHE-${kind}-AES128-SHA`, "ADH-AES128-SHA256", "AES128-SHA"])
          assert.ok(tried.includes(weak), `${weak} was not tried`);
        assert.deepEqual(taken, strong(kind));
        // All of them are equally good, so a visitor may choose: a telephone takes what costs it least.
        for (const cipher of taken) assert.ok(high.includes(cipher), `${cipher} is not HIGH:!aNULL:!MD5`);
        assert.deepEqual(versions, ["TLSv1_2", "TLSv1_3"]);
      });
    }
  }

  it("a scan finds what somebody loosens", async () => {
    const { taken, versions } = await scan("haproxy", "ECDSA", (config) =>
      config
        .replace(/ssl-default-bind-ciphers .*/, "ssl-default-bind-ciphers ALL:@SECLEVEL=0")
        .replace("ssl-min-ver TLSv1.2", "ssl-min-ver TLSv1.1"),
    );
    assert.ok(taken.includes("ECDHE-ECDSA-AES128-SHA"), taken.join(", "));
    assert.deepEqual(versions, ["TLSv1_1", "TLSv1_2", "TLSv1_3"]);
  });
});
