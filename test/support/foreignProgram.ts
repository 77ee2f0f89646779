import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { execa } from "execa";
import { ensurePulumiHome } from "../../toolchain/pulumiHome";

const project = `name: foreign
main: index.js
runtime:
  name: nodejs
  options:
    typescript: false
`;

/** Images by digest: no registry is asked. The token opens nothing, and a preview asks no API. */
const source = `import * as pulumi from "@pulumi/pulumi";
import { parseSettings, Platform } from "hetzner-platform";

const digest = (name) => \`\${name}@sha256:\${"0".repeat(64)}\`;
const web = { image: digest("example/shop:1.4.2"), port: 3000, pathPrefix: "/", uses: ["database"] };
const settings = parseSettings({
  domain: "www.example.com",
  adminRanges: ["8.8.8.8/32"],
  app: { services: { web: { ...web, secrets: { KEY: "key" } } } },
  secrets: { key: { secure: "known to the program" } },
  images: {
    traefik: digest("traefik:v3.6.12"),
    elasticsearch: digest("elasticsearch:8.19.21"),
    objectStore: digest("versity/versitygw:v1.8.0"),
  },
}, "foreign");
const platform = new Platform("foreign", {
  settings,
  apiToken: pulumi.secret("t".repeat(64)),
  secrets: pulumi.secret({ key: "value" }),
});
export const url = platform.url;
`;

/**
 * `pulumi preview` of a program that has nothing of this project but the installed package.
 *
 * @param folder where the package is installed
 * @returns what the engine prints
 */
export async function previewForeignProgram(folder: string): Promise<string> {
  const { env, bin } = await ensurePulumiHome();
  const backend = join(folder, "backend");
  await mkdir(backend, { recursive: true });
  await writeFile(join(folder, "Pulumi.yaml"), project);
  await writeFile(join(folder, "package.json"), `${JSON.stringify({ type: "module", private: true })}\n`);
  await writeFile(join(folder, "index.js"), source);
  const options = {
    cwd: folder,
    env: {
      ...env,
      PULUMI_BACKEND_URL: `file://${backend}`,
      PULUMI_CONFIG_PASSPHRASE: "foreign",
      HCLOUD_TOKEN: "t".repeat(64),
    },
  };
  await execa(bin, ["stack", "init", "foreign", "--non-interactive"], options);
  const preview = await execa(bin, ["preview", "--non-interactive", "--diff"], { ...options, all: true });
  return preview.all ?? "";
}
