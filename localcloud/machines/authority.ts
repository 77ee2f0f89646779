import { existsSync } from "node:fs";
import { chmod, mkdir, mkdtemp, rename, rm, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { execa } from "execa";
import { cacheDir } from "../../toolchain/cacheDir";
import type { LocalCloudSettings } from "../settings";

/** Certificate and key file of an authority or a server. */
export interface KeyPair {
  readonly certificate: string;
  readonly key: string;
}

/** The local cloud's own certificate authority, made once; machines trust it, the host does not. */
export async function ensureAuthority(): Promise<KeyPair> {
  const folder = cacheDir("authority");
  const pair = { certificate: join(folder, "cert.pem"), key: join(folder, "key.pem") };
  await makeFolderOnce(folder, async (partial) => {
    await openssl(
      partial,
      "req",
      "-x509",
      ...newKey,
      "-days",
      "3650",
      "-out",
      "cert.pem",
      "-keyout",
      "key.pem",
      "-subj",
      "/CN=hetzner-platform local cloud",
      "-addext",
      "basicConstraints=critical,CA:TRUE",
      "-addext",
      "keyUsage=critical,keyCertSign,cRLSign",
    );
  });
  return pair;
}

/** Certificate for the host's address in the cloud, signed by the authority. */
export async function ensureCertificate(settings: LocalCloudSettings): Promise<KeyPair> {
  const pair = { certificate: settings.paths.certificate, key: settings.paths.certificateKey };
  const authority = await ensureAuthority();
  await makeFolderOnce(dirname(pair.certificate), async (partial) => {
    await writeFile(
      join(partial, "extensions"),
      `subjectAltName=IP:${settings.hostAddress},IP:127.0.0.1,DNS:localhost\nextendedKeyUsage=serverAuth\n`,
    );
    await openssl(
      partial,
      "req",
      ...newKey,
      "-out",
      "request.pem",
      "-keyout",
      "key.pem",
      "-subj",
      `/CN=${settings.hostAddress}`,
    );
    await openssl(
      partial,
      "x509",
      "-req",
      "-in",
      "request.pem",
      "-CA",
      authority.certificate,
      "-CAkey",
      authority.key,
      "-CAcreateserial",
      "-CAserial",
      "serial",
      "-days",
      "3650",
      "-extfile",
      "extensions",
      "-out",
      "cert.pem",
    );
  });
  return pair;
}

const newKey = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-sha256"];

async function openssl(cwd: string, ...args: string[]): Promise<void> {
  await execa("openssl", args, { cwd });
}

async function makeFolderOnce(folder: string, fill: (partial: string) => Promise<void>): Promise<void> {
  if (existsSync(folder)) return;
  await mkdir(dirname(folder), { recursive: true });
  const partial = await mkdtemp(`${folder}.partial-`);
  try {
    await fill(partial);
    await chmod(join(partial, "key.pem"), 0o600);
    await rename(partial, folder).catch((error: NodeJS.ErrnoException) => {
      // Somebody else was faster: theirs is as good.
      if (error.code !== "ENOTEMPTY" && error.code !== "EEXIST") throw error;
    });
  } finally {
    await rm(partial, { recursive: true, force: true });
  }
}
