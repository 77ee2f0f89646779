import { chmod, mkdir, mkdtemp, readFile, rename, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { execa } from "execa";
import { cacheDir } from "../../../toolchain/cacheDir";

export interface RegistryCertificate {
  /** Paths, PEM. The certificate signs itself: clients trust it by `certificate`. */
  readonly certificate: string;
  readonly key: string;
}

/**
 * Certificate for a registry on these addresses, made once for ten years. Docker trusts it from
 * `/etc/docker/certs.d/ADDRESS:PORT/ca.crt`.
 *
 * @param folder @default `registry-tls` in the cache folder
 */
export async function ensureRegistryCertificate(
  addresses: readonly string[],
  folder = cacheDir("registry-tls"),
): Promise<RegistryCertificate> {
  const names = addresses.map((address) => `IP:${address}`).join(",");
  const paths = { certificate: join(folder, "registry.crt"), key: join(folder, "registry.key") };
  const made = await readFile(join(folder, "names"), "utf8").catch(() => undefined);
  if (made === names) return paths;
  await mkdir(folder, { recursive: true, mode: 0o700 });
  const temporary = await mkdtemp(join(folder, ".new-"));
  const [certificate, key] = [join(temporary, "registry.crt"), join(temporary, "registry.key")];
  await execa("openssl", [
    ...["req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-noenc"],
    ...["-days", "3650", "-subj", "/CN=local cloud registry", "-keyout", key, "-out", certificate],
    ...["-addext", `subjectAltName=${names}`, "-addext", "basicConstraints=critical,CA:TRUE,pathlen:0"],
  ]);
  await chmod(key, 0o600);
  await rename(key, paths.key);
  await rename(certificate, paths.certificate);
  await rm(temporary, { recursive: true, force: true });
  // Last: what is not complete is made again.
  await writeFile(join(folder, "names"), names);
  return paths;
}
