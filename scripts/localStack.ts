import { mkdir, readFile, rename, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { LocalWorkspace, PulumiCommand, type Stack } from "@pulumi/pulumi/automation";
import { ensureAuthority } from "../localcloud/src/machines/authority";
import { type LocalCloudSettings, localCloudSettings } from "../localcloud/src/settings/cloud";
import type { Progress } from "../toolchain/cacheDir";
import { ensurePulumiHome } from "../toolchain/pulumiHome";

export const projectRoot = dirname(__dirname);
export const localStackName = "local";

/**
 * Encrypts the local stack's state. It is public on purpose: the state lies in a folder of root's own, and
 * everything that it could open disappears with the local cloud.
 */
const passphrase = "local";

/** The environment in which the engine sees nothing but this project's own toolchain and the local cloud. */
export async function pulumiEnvironment(
  settings: LocalCloudSettings,
  progress?: Progress,
): Promise<{ env: Record<string, string>; pulumi: string }> {
  const { env, bin } = await ensurePulumiHome(progress);
  const backend = join(settings.stateDir, "pulumi");
  await mkdir(backend, { recursive: true, mode: 0o700 });
  return {
    pulumi: bin,
    env: {
      ...env,
      // Beside each state file the file backend keeps one with metadata that nobody reads and that is not
      // written atomically: an engine that is killed in that moment would make the state unreadable.
      PULUMI_BACKEND_URL: `file://${backend}?metadata=skip`,
      PULUMI_CONFIG_PASSPHRASE: passphrase,
      // The plugin-framework half of the provider reads the storage endpoint from the environment only.
      HCLOUD_ENDPOINT: settings.endpoint,
      HETZNER_ENDPOINT: settings.endpoint,
      SSL_CERT_FILE: await trustBundle(settings),
      // Set-up scripts wait for machines, not for this machine's cores.
      PULUMI_PARALLEL: "32",
    },
  };
}

/**
 * The local stack, created when it is not there.
 *
 * @param workDir where its program lies @default this checkout
 */
export async function localStack(progress?: Progress, workDir: string = projectRoot): Promise<Stack> {
  const settings = localCloudSettings();
  const { env, pulumi } = await pulumiEnvironment(settings, progress);
  Object.assign(process.env, { PATH: env.PATH ?? process.env.PATH });
  const pulumiCommand = await PulumiCommand.get({ root: dirname(dirname(pulumi)), skipVersionCheck: true });
  return LocalWorkspace.createOrSelectStack(
    { stackName: localStackName, workDir },
    { envVars: env, pulumiCommand, secretsProvider: "passphrase" },
  );
}

/** The host's certificate authorities and the local cloud's own, whose registry the engine asks for digests. */
async function trustBundle(settings: LocalCloudSettings): Promise<string> {
  const path = join(settings.stateDir, "trust.pem");
  const system = await readFile(process.env.SSL_CERT_FILE ?? "/etc/ssl/certs/ca-certificates.crt", "utf8");
  const own = await readFile((await ensureAuthority()).certificate, "utf8");
  await writeFile(`${path}.new`, `${system.trimEnd()}\n${own}`);
  await rename(`${path}.new`, path);
  return path;
}
