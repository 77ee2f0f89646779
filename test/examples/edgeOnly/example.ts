// examples/edge-only in a folder of its own, where nothing of this project is but what npm pack makes.
import { cp, mkdir, mkdtemp, readFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { basename, join } from "node:path";
import { execa } from "execa";
import { ensurePulumiHome } from "../../../toolchain/pulumiHome";
import { installInto, packedPackage } from "../../support/packed";

const root = join(__dirname, "..", "..", "..");
const source = join(root, "examples", "edge-only");

export interface Example {
  readonly folder: string;
  /** `pulumi ARGS` on its stack. @throws with what the engine says */
  pulumi(...args: string[]): Promise<string>;
}

/** @param values of the stack's configuration */
export async function installExample(
  values: Readonly<Record<string, string>>,
  env: Readonly<Record<string, string>> = {},
): Promise<Example> {
  const folder = await mkdtemp(join(tmpdir(), "edge-only-"));
  const { files = [] } = JSON.parse(await readFile(join(source, "tsconfig.json"), "utf8")) as {
    files?: string[];
  };
  for (const file of ["Pulumi.yaml", "package.json", "tsconfig.json", ...files]) {
    await cp(join(source, file), join(folder, basename(file)));
  }
  await installInto(folder, await packedPackage(), ["typescript", "@types/node"]);
  const home = await ensurePulumiHome((line) => console.error(line));
  const backend = join(folder, "backend");
  await mkdir(backend);
  const options = {
    cwd: folder,
    env: {
      ...home.env,
      PULUMI_BACKEND_URL: `file://${backend}?metadata=skip`,
      PULUMI_CONFIG_PASSPHRASE: "example",
      PULUMI_NODEJS_TRANSPILE_ONLY: "true",
      ...env,
    },
  };
  const pulumi = async (...args: string[]) =>
    (await execa("pulumi", [...args, "--non-interactive"], options)).stdout;
  await pulumi("stack", "init", "shop");
  for (const [key, value] of Object.entries(values)) {
    await pulumi("config", "set", ...(key.includes("[") ? ["--path"] : []), "--secret", key, value);
  }
  return { folder, pulumi };
}
