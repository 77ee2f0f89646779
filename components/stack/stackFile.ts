import { existsSync, readdirSync, readFileSync } from "node:fs";
import { basename, dirname, join } from "node:path";
import { isMap, isScalar, type ParsedNode, parseDocument } from "yaml";
import { z } from "zod";
import { comingPartProblems } from "../presets/problems";
import { formatValue, type SettingsProblem } from "../settings/problems";
import { hetznerProblems, isOwnEndpoint } from "./adminAccess";
import { type ParsedPlatform, parsePlatform, shortName } from "./parse";
import { plainScalarProblems } from "./plainScalars";
import { plainValue } from "./rawValues";
import { namedSecrets } from "./schema";
import { clearNamesIn, clearTextProblems } from "./secrets";
import type { PlatformSettings } from "./settings";

/** Where the stack files lie: beside the program. */
const projectFolder = dirname(dirname(__dirname));

/** A stack's files are missing or no Pulumi files. */
export class StackFileError extends Error {
  override readonly name = "StackFileError";
}

const mapping = z.record(z.string(), z.unknown());
const projectFile = z.object({ name: z.string(), config: mapping.nullish() });
const stackFile = z.object({ config: mapping.nullish() }).nullable();
const declaration = z.object({ default: z.unknown().optional(), value: z.unknown().optional() });

/** What the files of a stack say. */
export interface StackFile extends ParsedPlatform {
  /** What `up` refuses although the files can be read: a new user may look at the examples before setting an address. */
  readonly refusedByUp: readonly SettingsProblem[];
}

/** The settings of `readStackFile` alone. */
export function loadStackFile(stack: string, directory?: string): PlatformSettings {
  return readStackFile(stack, directory).settings;
}

/**
 * A stack as its files say it, without the engine: defaults of Pulumi.yaml below the values
 * of Pulumi.<stack>.yaml. ESC environments are not read.
 *
 * @param directory where Pulumi.yaml lies @default the project's own
 * @throws StackFileError; SettingsError with every mistake of the values
 */
export function readStackFile(stack: string, directory: string = projectFolder): StackFile {
  const project = readYaml(join(directory, "Pulumi.yaml"), projectFile);
  const path = join(directory, `Pulumi.${shortName(stack)}.yaml`);
  if (!existsSync(path)) {
    const known = stackNames(directory).join(", ");
    throw new StackFileError(
      `stack ${formatValue(stack)} has no ${basename(path)}; there are: ${known || "none"}`,
    );
  }
  const config = readYaml(path, stackFile)?.config ?? {};
  const prefix = `${project.name}:`;
  const own = Object.entries(config).filter(([key]) => key.startsWith(prefix));
  const values = Object.fromEntries(
    own.map(([key, value]) => [key.slice(prefix.length), plainValue(key.slice(prefix.length), value)]),
  );
  const encryption = {
    isClear: (key: string) => typeof config[key] === "string",
    // Inside of a value the schema finds it, with its path.
    isEncrypted: () => false,
    clearNames: clearNamesIn(values[namedSecrets]),
  };
  const hasOwnEndpoint = isOwnEndpoint(config["hcloud:endpoint"]);
  const exposed = clearTextProblems(project.name, encryption, hasOwnEndpoint);
  const raw = { ...projectDefaults(project.config ?? {}, prefix), ...values };
  const misread = misreadProblems(stack, project.name, directory);
  const parsed = parsePlatform(raw, stack, [...exposed, ...misread]);
  const unbuilt = comingPartProblems(parsed.settings, parsed.plan.roles);
  return { ...parsed, refusedByUp: [...(hasOwnEndpoint ? [] : hetznerProblems(raw)), ...unbuilt] };
}

/**
 * What stands under a key in a stack's file, encrypted values as `{secure: ...}`; undefined when there is no such
 * file, as where the configuration comes from elsewhere.
 */
export function stackFileValue(stack: string, key: string, directory: string = projectFolder): unknown {
  const path = join(directory, `Pulumi.${shortName(stack)}.yaml`);
  return existsSync(path) ? readYaml(path, stackFile)?.config?.[key] : undefined;
}

/**
 * What a stack's file says in a way that the engine reads differently: the settings would not be what the file shows.
 * Nothing when there is no such file.
 *
 * @param namespace the project's name, prefix of its keys
 */
export function misreadProblems(
  stack: string,
  namespace: string,
  directory: string = projectFolder,
): readonly SettingsProblem[] {
  const path = join(directory, `Pulumi.${shortName(stack)}.yaml`);
  if (!existsSync(path)) return [];
  const config = yamlDocument(path).get("config", true);
  if (!isMap<ParsedNode, ParsedNode | null>(config)) return [];
  const prefix = `${namespace}:`;
  return config.items.flatMap(({ key, value }) => {
    const name = isScalar(key) ? String(key.value) : "";
    return name.startsWith(prefix) ? plainScalarProblems(value, [name.slice(prefix.length)]) : [];
  });
}

/** The project's name, prefix of its keys. @throws StackFileError */
export function projectName(directory: string = projectFolder): string {
  return readYaml(join(directory, "Pulumi.yaml"), projectFile).name;
}

/** What a stack's file gives the program beside the settings; of secrets, whether they are there. */
export function programInputs(stack: string, directory: string = projectFolder) {
  const namespace = projectName(directory);
  const isThere = (key: string) => stackFileValue(stack, `${namespace}:${key}`, directory) !== undefined;
  const endpoint = stackFileValue(stack, "hcloud:endpoint", directory);
  return {
    apiEndpoint: typeof endpoint === "string" ? endpoint : undefined,
    certificate: isThere("certificate"),
    originSecret: isThere("originSecret"),
    dnsToken: isThere("dnsToken"),
    backupKey: isThere("backupKey"),
    offsite: isThere("offsiteAccessKeyId") && isThere("offsiteSecretAccessKey"),
  };
}

/** The stacks that have a file in the directory. */
export function stackNames(directory: string): readonly string[] {
  const names = readdirSync(directory).map((file) => /^Pulumi\.(.+)\.yaml$/.exec(file)?.[1]);
  return names.filter((name) => name !== undefined).sort();
}

function projectDefaults(config: Readonly<Record<string, unknown>>, prefix: string): Record<string, unknown> {
  return Object.fromEntries(
    Object.entries(config).flatMap(([key, declared]) => {
      const name = key.startsWith(prefix) ? key.slice(prefix.length) : key;
      const known = declaration.safeParse(declared);
      const value = known.success ? (known.data.value ?? known.data.default) : declared;
      return name.includes(":") || value === undefined ? [] : [[name, value]];
    }),
  );
}

function readYaml<T>(path: string, schema: z.ZodType<T>): T {
  if (!existsSync(path)) throw new StackFileError(`there is no ${basename(path)} in ${dirname(path)}`);
  const result = schema.safeParse(parsedYaml(path) ?? null);
  if (result.success) return result.data;
  throw new StackFileError(`${path} has not the form of a Pulumi file: ${z.prettifyError(result.error)}`);
}

function parsedYaml(path: string): unknown {
  return yamlDocument(path).toJS();
}

function yamlDocument(path: string) {
  // Merge keys (`<<`) are not in YAML 1.2, and the engine knows them.
  const document = parseDocument(readFileSync(path, "utf8"), { merge: true });
  const [error] = document.errors;
  if (error !== undefined) throw new StackFileError(`${path} is no YAML: ${error.message}`);
  return document;
}
