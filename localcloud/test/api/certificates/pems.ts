// Certificates and keys for tests, made by openssl as a client's would be.
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { execa } from "execa";

export interface Pems {
  readonly certificate: string;
  readonly key: string;
}

export interface PemOptions {
  /** @default "ec:prime256v1" */
  readonly key?: "ec:prime256v1" | "rsa:2048" | "rsa:1024";
  /** DNS names besides the subject. @default the common name */
  readonly names?: readonly string[];
  /** Signs it; itself when absent. */
  readonly issuer?: Pems;
}

/** A certificate for the common name, and its key. */
export async function makePems(commonName: string, options: PemOptions = {}): Promise<Pems> {
  const folder = await mkdtemp(join(tmpdir(), "localcloud-pems-"));
  const openssl = (...args: string[]) => execa("openssl", args, { cwd: folder });
  try {
    const [algorithm, parameter] = (options.key ?? "ec:prime256v1").split(":");
    const newKey =
      algorithm === "ec"
        ? ["-newkey", "ec", "-pkeyopt", `ec_paramgen_curve:${parameter}`]
        : ["-newkey", `rsa:${parameter}`];
    const names = (options.names ?? [commonName]).map((name) => `DNS:${name}`).join(",");
    const extensions = names === "" ? [] : ["-addext", `subjectAltName=${names}`];
    const issuer = options.issuer === undefined ? [] : ["-CA", "ca.pem", "-CAkey", "ca.key"];
    if (options.issuer !== undefined) {
      await writeFile(join(folder, "ca.pem"), options.issuer.certificate);
      await writeFile(join(folder, "ca.key"), options.issuer.key);
    }
    const files = ["-nodes", "-days", "30", "-keyout", "key.pem", "-out", "cert.pem"];
    await openssl(
      "req",
      "-x509",
      ...newKey,
      ...files,
      "-subj",
      `/CN=${commonName}`,
      ...extensions,
      ...issuer,
    );
    const read = (name: string) => readFile(join(folder, name), "utf8");
    return { certificate: await read("cert.pem"), key: await read("key.pem") };
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}
