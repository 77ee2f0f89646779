import { createHash } from "node:crypto";
import * as pulumi from "@pulumi/pulumi";
import { stringify } from "yaml";
import { isSecretValue, type Registration, recordRegistrations } from "../../support/mocks";
import { type StackValues, stackValues } from "./stackValues";

const project = "hetzner-platform";
const program = require.resolve("../../../index");

/** Files by name: what a stack's record consists of. */
export type StackRecord = ReadonlyMap<string, string>;

/**
 * Runs the whole program with a stack's file, as the engine would, against answers of nobody, and answers what it
 * asked for: every resource with its URN, options and inputs, the stack's outputs, and each machine's script.
 *
 * It is the same at every run: ids, digests and secrets are words that name what they stand for.
 */
export async function recordStack(stack: string): Promise<StackRecord> {
  const values = stackValues(stack);
  const inputs = new Map<string, Readonly<Record<string, unknown>>>();
  const ids = new Map<string, string>();
  const mocks: pulumi.runtime.Mocks = {
    newResource: ({ type, name, inputs: given, custom }) => {
      inputs.set(`${type}::${name}`, given);
      const id = custom === false ? undefined : idOf(type, name);
      if (id !== undefined) ids.set(id, `ID-OF-${name}`);
      return { id: id ?? "", state: { ...given, ...answersOf(type, name) } };
    },
    call: ({ inputs: asked }) => ({ ...asked, sha256Digest: `DIGEST-OF-${String(asked.name)}` }),
  };
  const { registrations, outputs } = await underEngine(stack, values, mocks);
  const words = (text: string) => withWords(text, ids, values.markers);
  const setups = registrations.flatMap((request) => setupOf(request, inputs));
  return new Map([
    ["resources.yaml", words(resourceList(stack, registrations, inputs))],
    ["outputs.yaml", words(asYaml(outputs))],
    ...setups.map(({ machine, script }) => [`${machine}.sh`, words(script)] as const),
  ]);
}

/** The environment and the configuration are the stack's alone while the program runs. */
async function underEngine(stack: string, values: StackValues, mocks: pulumi.runtime.Mocks) {
  const before = { ...process.env };
  for (const name of Object.keys(process.env)) if (/^(HCLOUD|HETZNER)_/.test(name)) delete process.env[name];
  process.env.PULUMI_CONFIG_SECRET_KEYS = JSON.stringify(values.secretKeys);
  try {
    await pulumi.runtime.setMocks(mocks, project, stack);
    pulumi.runtime.setAllConfig({ ...values.config }, [...values.secretKeys]);
    const registrations = recordRegistrations();
    delete require.cache[program];
    const exported: Readonly<Record<string, unknown>> = require(program);
    await pulumi.runtime.disconnect();
    return { registrations, outputs: await known(exported) };
  } finally {
    pulumi.runtime.setAllConfig({});
    process.env = before;
  }
}

async function known(exported: Readonly<Record<string, unknown>>): Promise<Record<string, unknown>> {
  const entries = Object.entries(exported).map(async ([name, exported]) => {
    const output = pulumi.output(exported) as pulumi.Output<unknown>;
    const value = await new Promise((resolve) => output.apply(resolve));
    return [name, (await pulumi.isSecret(output)) ? { secret: value } : value] as const;
  });
  return Object.fromEntries(await Promise.all(entries));
}

/** What the API and the registries would answer, as far as the program looks at it. */
function answersOf(type: string, name: string): Record<string, string> {
  if (type.endsWith(":RandomPassword")) return { result: `SECRET-${name}` };
  if (type.endsWith(":RandomBytes")) return { base64: Buffer.alloc(32).toString("base64") };
  if (type.endsWith(":FloatingIp")) return { ipAddress: `IPV4-OF-${name}` };
  if (type.endsWith(":Server")) return { ipv4Address: `IPV4-OF-${name}`, ipv6Address: `IPV6-OF-${name}` };
  if (type.endsWith(":StorageBox")) return { server: `HOST-OF-${name}`, username: `USER-OF-${name}` };
  return type.endsWith(":Command") ? { stdout: `HOST-KEY-OF-${name}` } : {};
}

/** A number, as Hetzner's ids are, that tells which resource it is of. */
function idOf(type: string, name: string): string {
  const [a = 0, b = 0, c = 0, d = 0] = createHash("sha256").update(`${type} ${name}`).digest();
  return String(100_000_000 + ((((a * 256 + b) * 256 + c) * 256 + d) % 900_000_000));
}

function withWords(
  text: string,
  ids: ReadonlyMap<string, string>,
  markers: ReadonlyMap<string, string>,
): string {
  const masked = [...markers].reduce((masked, [value, word]) => masked.replaceAll(value, word), text);
  return masked
    .replace(/\b\d{9}\b/g, (number) => ids.get(number) ?? number)
    .replace(
      /-----BEGIN OPENSSH PRIVATE KEY-----.*?-----END OPENSSH PRIVATE KEY-----\n?/gs,
      "SECRET-private-key",
    );
}

function setupOf(request: Registration, inputs: ReadonlyMap<string, Readonly<Record<string, unknown>>>) {
  const stdin = inputs.get(keyOf(request))?.stdin;
  const script = isSecretValue(stdin) ? (stdin as { value: unknown }).value : stdin;
  if (typeof script !== "string") return [];
  const machine = /^readonly setup_hostname='([^']+)'$/m.exec(script)?.[1];
  if (machine === undefined) throw new Error(`${request.getName()} has a script that names no machine`);
  return [{ machine, script }];
}

const keyOf = (request: Registration) => `${request.getType()}::${request.getName()}`;

function resourceList(
  stack: string,
  registrations: readonly Registration[],
  inputs: ReadonlyMap<string, Readonly<Record<string, unknown>>>,
): string {
  const types = qualifiedTypes(registrations);
  const nameOf = (urn: string) => urn.split("::").slice(2).join("::").split("$").at(-1) ?? urn;
  const list = registrations.map((request) => {
    const urn = `urn:pulumi:${stack}::${project}::${types.get(keyOf(request))}::${request.getName()}`;
    const kind = request.getType().split(":").at(-1);
    const given = readable(inputs.get(keyOf(request)) ?? {});
    return [`${request.getName()} ${kind}`, { urn, ...optionsOf(request, nameOf), inputs: given }] as const;
  });
  return asYaml(Object.fromEntries(list));
}

/** Types with those of all their parents, as in the engine's URNs; those of mocks hold one parent only. */
function qualifiedTypes(registrations: readonly Registration[]): ReadonlyMap<string, string> {
  const types = new Map<string, string>();
  for (const request of registrations) {
    const [, , , parentName] = request.getParent().split("::");
    const parentType = request.getParent().split("::")[2]?.split("$").at(-1);
    const parent = types.get(`${parentType}::${parentName}`);
    types.set(keyOf(request), parent === undefined ? request.getType() : `${parent}$${request.getType()}`);
  }
  return types;
}

/** Those that are set. */
function optionsOf(request: Registration, nameOf: (urn: string) => string): Record<string, unknown> {
  const implied = new Set<string>();
  request.getPropertydependenciesMap().forEach((property) => {
    for (const urn of property.getUrnsList()) implied.add(urn);
  });
  const options = {
    protect: request.getProtect(),
    deletedWith: nameOf(request.getDeletedwith()),
    dependsOn: request
      .getDependenciesList()
      .filter((urn) => !implied.has(urn))
      .map(nameOf)
      .sort(),
    ignoreChanges: request.getIgnorechangesList(),
    replaceOnChanges: request.getReplaceonchangesList(),
    deleteBeforeReplace: request.getDeletebeforereplace(),
    retainOnDelete: request.getRetainondelete(),
    additionalSecretOutputs: request.getAdditionalsecretoutputsList(),
    provider: nameOf(request.getProvider()),
    customTimeouts: withoutEmpty(request.getCustomtimeouts()?.toObject() ?? {}),
    aliases: request.getAliasesList().map((alias) => aliasOf(alias.toObject(), nameOf)),
  };
  return withoutEmpty(options);
}

function aliasOf({ urn, spec }: Readonly<Record<string, unknown>>, nameOf: (urn: string) => string): unknown {
  if (typeof urn === "string" && urn !== "") return urn;
  const { parenturn, ...rest } = (spec ?? {}) as Readonly<Record<string, unknown>>;
  const parent = typeof parenturn === "string" && parenturn !== "" ? nameOf(parenturn) : undefined;
  return withoutEmpty({ ...rest, parent });
}

function withoutEmpty(values: Readonly<Record<string, unknown>>): Record<string, unknown> {
  const isSet = (value: unknown) =>
    value !== undefined &&
    value !== false &&
    value !== "" &&
    JSON.stringify(value) !== "[]" &&
    JSON.stringify(value) !== "{}";
  return Object.fromEntries(Object.entries(values).filter(([, value]) => isSet(value)));
}

/** Inputs as a person reads them: a secret as `{secret: ...}`, a machine's script as the name of its file. */
function readable(value: unknown): unknown {
  if (isSecretValue(value)) return { secret: readable((value as { value: unknown }).value) };
  if (Array.isArray(value)) return value.map(readable);
  if (typeof value === "object" && value !== null) {
    return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, readable(item)]));
  }
  const machine =
    typeof value === "string" ? /^readonly setup_hostname='([^']+)'$/m.exec(value)?.[1] : undefined;
  return machine === undefined ? value : `${machine}.sh`;
}

function asYaml(value: unknown): string {
  return stringify(value, { aliasDuplicateObjects: false, lineWidth: 0, sortMapEntries: true });
}
