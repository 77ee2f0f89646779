import assert from "node:assert/strict";
import { execa } from "execa";
import { fromInternet } from "./cloud";
import { curl } from "./platform";

/** PEM of a certificate that signs itself, with its key. */
export async function certificateFor(name: string): Promise<string> {
  const { stdout } = await execa("openssl", [
    ...["req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-days", "1"],
    ...["-keyout", "-", "-out", "-", "-subj", `/CN=${name}`, "-addext", `subjectAltName=DNS:${name}`],
  ]);
  return `${stdout}\n`;
}

/** Of a PEM text what is no secret. */
export const certificateIn = (pem: string) =>
  /-----BEGIN CERTIFICATE-----[\s\S]*-----END CERTIFICATE-----/.exec(pem)?.[0] ?? "";

/** A visitor who trusts this certificate alone is served by it, and sent there from HTTP. */
export async function assertHttps(domain: string, trusted: string): Promise<void> {
  const visit = async (from: string) => {
    const format = "%{http_code} %{http_version} %{redirect_url}";
    const seen = await fromInternet(
      `${curl()} -o /dev/null -w '${format}' --cacert <(printf '%s\\n' '${trusted}') ${from}`,
    );
    return seen.stdout.trim() || seen.stderr;
  };
  assert.equal(await visit(`https://${domain}/whoami`), "200 2");
  assert.equal(await visit(`http://${domain}/whoami?a=1`), `308 1.1 https://${domain}/whoami?a=1`);
}
