import { existsSync } from "node:fs";
import { chmod, mkdir, mkdtemp, readFile, rename, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { execa } from "execa";
import { cacheDir } from "../../../toolchain/cacheDir";
import type { IssuedCertificate } from "../host/contract";
import type { LocalCloudSettings } from "../settings/cloud";

/** Certificate and key file of an authority or a server. */
export interface KeyPair {
  readonly certificate: string;
  readonly key: string;
}

/** The local cloud's own certificate authority, made once; machines trust it, the host does not. */
export function ensureAuthority(): Promise<KeyPair> {
  return makeAuthority(cacheDir("authority"));
}

/** The authority in this folder, made when the folder does not exist. */
export async function makeAuthority(folder: string): Promise<KeyPair> {
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
  await makeFolderOnce(dirname(pair.certificate), (partial) =>
    sign(partial, authority, {
      commonName: settings.hostAddress,
      names: [`IP:${settings.hostAddress}`, "IP:127.0.0.1", "DNS:localhost"],
      days: 3650,
    }),
  );
  return pair;
}

/** As long as Let's Encrypt's. */
const managedDays = 90;
/** Longest text that a subject's common name can have (RFC 5280, upper bounds). */
const commonNameLength = 64;

/** A new key with a certificate for these domain names, signed by the authority. */
export async function issueCertificate(
  authority: KeyPair,
  domainNames: readonly string[],
): Promise<IssuedCertificate> {
  const wrong = domainNames.find((name) => !/^[a-z0-9*.-]+$/.test(name));
  if (wrong !== undefined) throw new Error(`${JSON.stringify(wrong)} is no domain name`);
  const folder = await mkdtemp(join(tmpdir(), "localcloud-certificate-"));
  try {
    await sign(folder, authority, {
      commonName: domainNames.find((name) => name.length <= commonNameLength) ?? "managed",
      names: domainNames.map((name) => `DNS:${name}`),
      days: managedDays,
    });
    return {
      certificate: await readFile(join(folder, "cert.pem"), "utf8"),
      privateKey: await readFile(join(folder, "key.pem"), "utf8"),
    };
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

interface Request {
  readonly commonName: string;
  /** `DNS:example.com` or `IP:192.0.2.1`. */
  readonly names: readonly string[];
  readonly days: number;
}

/** Writes `key.pem` and `cert.pem` into the folder. */
async function sign(folder: string, authority: KeyPair, { commonName, names, days }: Request): Promise<void> {
  await writeFile(
    join(folder, "extensions"),
    `subjectAltName=${names.join(",")}\nextendedKeyUsage=serverAuth\n`,
  );
  const subject = ["-subj", `/CN=${commonName}`];
  await openssl(folder, "req", ...newKey, "-out", "request.pem", "-keyout", "key.pem", ...subject);
  await openssl(
    folder,
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
    String(days),
    "-extfile",
    "extensions",
    "-out",
    "cert.pem",
  );
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
