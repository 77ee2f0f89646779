// Stacks of the real engine with the unmodified provider, against a local cloud of which only the memory exists.
import { readFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { LocalWorkspace, PulumiCommand, type Stack } from "@pulumi/pulumi/automation";
import { execa } from "execa";
import { TOKEN } from "../../../localcloud/test/api/testCloud";
import { ensurePulumiHome } from "../../../toolchain/pulumiHome";
import type { Pem } from "./subject";

/** Opens a stack whose state lies in `folder` and whose program is set later. */
export async function openStack(folder: string, stackName: string, port: number): Promise<Stack> {
  const args = { stackName, projectName: "resources", program: async () => undefined };
  const options = { ...(await optionsOf(folder, port)), workDir: folder };
  return configured(await LocalWorkspace.createOrSelectStack(args, options), port);
}

const endpointOf = (port: number) => `http://127.0.0.1:${port}/v1`;

async function optionsOf(folder: string, port: number) {
  const home = await ensurePulumiHome((line) => console.error(line));
  return {
    pulumiCommand: await PulumiCommand.get({ root: dirname(dirname(home.bin)) }),
    envVars: {
      ...home.env,
      PULUMI_BACKEND_URL: `file://${folder}`,
      PULUMI_CONFIG_PASSPHRASE: "test",
      // Both halves of the provider, so that nothing can reach the real API (HC-P1).
      HCLOUD_ENDPOINT: endpointOf(port),
      HETZNER_ENDPOINT: endpointOf(port),
    },
  };
}

async function configured(stack: Stack, port: number): Promise<Stack> {
  await stack.setAllConfig({
    "hcloud:endpoint": { value: endpointOf(port) },
    "hcloud:endpointHetzner": { value: endpointOf(port) },
    "hcloud:token": { value: TOKEN, secret: true },
    "hcloud:pollInterval": { value: "50ms" },
    "hcloud:pollFunction": { value: "constant" },
  });
  return stack;
}

/** A certificate of its own authority, made in `folder`. */
export async function selfSigned(folder: string, name: string): Promise<Pem> {
  const [certificate, key] = [join(folder, `${name}.pem`), join(folder, `${name}.key`)];
  const subject = ["-subj", `/CN=${name}`, "-addext", `subjectAltName=DNS:${name}`];
  const algorithm = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1"];
  await execa("openssl", [
    ...["req", "-x509", "-nodes", "-days", "30", ...algorithm, ...subject],
    ...["-keyout", key, "-out", certificate],
  ]);
  return { certificate: await readFile(certificate, "utf8"), key: await readFile(key, "utf8") };
}
