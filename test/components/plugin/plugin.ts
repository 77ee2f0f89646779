// The components as a program in another language meets them: as a plugin that the engine starts, and as an SDK.
import { chmod, mkdir, writeFile } from "node:fs/promises";
import { delimiter, join } from "node:path";
import { execa } from "execa";
import { ensureTool } from "../../../toolchain/build";
import { ensurePulumiHome } from "../../../toolchain/pulumiHome";
import { preparePulumiPython, pulumiPython } from "../../clients/prepare";
import { pythonFolder, pythonOf } from "../../clients/python";

const root = join(__dirname, "..", "..", "..");
export const pluginFolder = join(root, "components");

export interface Plugin {
  /** Environment in which the engine finds the plugin. */
  readonly env: Readonly<Record<string, string>>;
  /** Path of the executable. */
  readonly program: string;
}

/**
 * The Node host of the toolchain is too old to start plugins from their sources (`RunPlugin`), so an executable does
 * what a newer one does: it hands the folder to the same program of Pulumi's SDK.
 *
 * @param folder empty: the plugin is started here, as it is in the folder of whoever uses it
 */
export async function layPlugin(folder: string): Promise<Plugin> {
  const home = await ensurePulumiHome();
  const bin = join(folder, "bin");
  await mkdir(bin, { recursive: true });
  const program = join(bin, "pulumi-resource-hetzner-platform");
  const host = join(root, "node_modules", "@pulumi", "pulumi", "cmd", "run-plugin");
  await writeFile(program, `#!/bin/sh\nexec '${process.execPath}' '${host}' '${pluginFolder}' "$@"\n`);
  await chmod(program, 0o755);
  return { program, env: { ...home.env, PATH: [bin, home.env.PATH].join(delimiter) } };
}

/** A property of the schema, as far as tests look at it. */
export interface SchemaProperty {
  readonly type?: string;
  readonly $ref?: string;
  readonly description?: string;
  readonly plain?: boolean;
  readonly items?: SchemaProperty;
  readonly additionalProperties?: SchemaProperty;
}

export interface PackageSchema {
  readonly name: string;
  readonly version: string;
  readonly resources: Readonly<
    Record<
      string,
      {
        readonly description?: string;
        readonly isComponent?: boolean;
        readonly inputProperties: Readonly<Record<string, SchemaProperty>>;
        readonly requiredInputs?: readonly string[];
        readonly properties: Readonly<Record<string, SchemaProperty>>;
      }
    >
  >;
  readonly types?: Readonly<
    Record<
      string,
      { readonly properties?: Readonly<Record<string, SchemaProperty>>; readonly enum?: readonly unknown[] }
    >
  >;
}

/** `pulumi package get-schema`, in a folder that has nothing of ours. @throws with what the engine says */
export async function schemaText(folder: string, { env, program }: Plugin): Promise<string> {
  const { stdout } = await execa("pulumi", ["package", "get-schema", program], { cwd: folder, env });
  return stdout;
}

/** Writes and installs the SDK for Python. @returns the environment in which a program finds it, and its Python */
export async function installPythonSdk(folder: string, schema: string) {
  await preparePulumiPython((line) => console.error(line));
  const [generator, environment] = await Promise.all([
    ensureTool("component-sdk"),
    pythonFolder(pulumiPython),
  ]);
  const python = pythonOf(environment);
  const [file, sdk, site] = [join(folder, "schema.json"), join(folder, "sdk"), join(folder, "site")];
  await writeFile(file, schema);
  await execa(generator, ["python", file, sdk]);
  const offline = ["--no-index", "--no-deps", "--no-build-isolation", "--disable-pip-version-check"];
  await execa(python, ["-m", "pip", "install", "--quiet", ...offline, "--target", site, sdk]);
  return { python, env: { PYTHONPATH: site, PYTHONDONTWRITEBYTECODE: "1" }, site };
}
