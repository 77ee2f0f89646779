import { readFileSync } from "node:fs";
import { join } from "node:path";
import { parse } from "yaml";

const root = join(__dirname, "../../..");
const namespace = "hetzner-platform:";

/** What the engine hands to the language host before the program begins. */
export interface StackValues {
  readonly config: Readonly<Record<string, string>>;
  readonly secretKeys: readonly string[];
  /** Words that stand in the records in place of these values. */
  readonly markers: ReadonlyMap<string, string>;
}

/** As long as Hetzner's, which the settings insist on. */
const token = (name: string) => `TOKEN${name}`.padEnd(64, "0");

/** For what may be examples in a stack file, and may not in an `up`. */
const required: Readonly<Record<string, unknown>> = {
  "hcloud:token": token("provider"),
  [`${namespace}failoverToken`]: token("failover"),
};

/**
 * The configuration of a stack as its file says it, with what a user adds before the first `up`: an address of their
 * own where the file has an example, and tokens. What is encrypted there is a word here.
 */
export function stackValues(stack: string): StackValues {
  const project = yamlFile("Pulumi.yaml") as { config: Readonly<Record<string, { default?: unknown }>> };
  const own = (yamlFile(`Pulumi.${stack}.yaml`) as { config: Readonly<Record<string, unknown>> }).config;
  const defaults = Object.entries(project.config).flatMap(([key, { default: value }]) =>
    value === undefined ? [] : [[`${namespace}${key}`, value] as const],
  );
  const raw = { ...Object.fromEntries(defaults), ...own, ...required };
  const known = Object.fromEntries(
    Object.entries(raw).map(([key, value]) => [key, asText(withMarkers(ownAddress(key, value), key))]),
  );
  const isSecret = (key: string) => key in required || JSON.stringify(raw[key]).includes('{"secure":');
  return {
    config: known,
    secretKeys: Object.keys(raw).filter(isSecret),
    markers: new Map(
      Object.entries(required).map(([key, value]) => [String(value), `SECRET-${lastWord(key)}`]),
    ),
  };
}

function yamlFile(name: string): unknown {
  return parse(readFileSync(join(root, name), "utf8"));
}

/** 192.0.2.0/24 is for documents: the program refuses it on Hetzner. */
function ownAddress(key: string, value: unknown): unknown {
  const isExample = key === `${namespace}adminRanges` && JSON.stringify(value).includes("192.0.2.");
  return isExample ? ["8.8.8.8/32"] : value;
}

function withMarkers(value: unknown, key: string): unknown {
  if (Array.isArray(value)) return value.map((item) => withMarkers(item, key));
  if (typeof value !== "object" || value === null) return value;
  if ("secure" in value) return `SECRET-${lastWord(key)}`;
  return Object.fromEntries(Object.entries(value).map(([name, item]) => [name, withMarkers(item, name)]));
}

const lastWord = (key: string) => key.split(":").at(-1) ?? key;

const asText = (value: unknown) => (typeof value === "string" ? value : JSON.stringify(value));
