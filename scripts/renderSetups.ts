import * as pulumi from "@pulumi/pulumi";
import { Platform } from "../components/platform";
import type { PlatformSettings } from "../components/stack/settings";

/** What the program gets beside the settings; the values of secrets are not read. */
export interface ProgramInputs {
  readonly apiEndpoint: string | undefined;
  readonly certificate: boolean;
  readonly originSecret: boolean;
  readonly dnsToken: boolean;
  readonly backupKey: boolean;
  readonly offsite: boolean;
}

/** Stands for a secret, the same at every run, so that two renderings can be compared. */
const mask = (name: string) => `SECRET-${name}`;

/** What the API and the registries would answer. Ids are 0: they exist only after `up`. */
const mocks: pulumi.runtime.Mocks = {
  newResource: ({ type, name, inputs }) => ({ id: "0", state: { ...inputs, ...outputsOf(type, name) } }),
  call: ({ inputs }) => ({ ...inputs, sha256Digest: `DIGEST-OF-${String(inputs.name)}` }),
};

function outputsOf(type: string, name: string): Record<string, string> {
  if (type.endsWith(":RandomPassword")) return { result: mask(name) };
  if (type.endsWith(":RandomBytes")) return { base64: Buffer.alloc(32).toString("base64") };
  if (type.endsWith(":FloatingIp")) return { ipAddress: "FLOATING-IP" };
  if (type.endsWith(":Server")) return { ipv4Address: "PUBLIC-IPV4" };
  if (type.endsWith(":StorageBox")) return { server: "STORAGE-BOX", username: "STORAGE-BOX-USER" };
  return type.endsWith(":Command") ? { stdout: "HOST-KEY" } : {};
}

/**
 * The set-up of every machine as `up` would send it, by host name: the components themselves run, against answers
 * of nobody, with names in place of secrets. What is derived from a secret is derived from its name.
 */
export async function renderSetups(
  settings: PlatformSettings,
  inputs: ProgramInputs,
): Promise<ReadonlyMap<string, string>> {
  const scripts = new Map<string, string>();
  const recording: pulumi.runtime.Mocks = {
    ...mocks,
    newResource: (resource) => {
      const { name, inputs } = resource;
      if (name.endsWith("-setup")) scripts.set(name, plainText(inputs.stdin));
      return mocks.newResource(resource);
    },
  };
  await pulumi.runtime.setMocks(recording, "hetzner-platform", settings.environment);
  new Platform(settings.environment, {
    settings,
    apiToken: mask("failoverToken"),
    apiEndpoint: inputs.apiEndpoint,
    certificate: inputs.certificate ? mask("certificate") : undefined,
    offsiteCredentials: inputs.offsite
      ? { accessKeyId: mask("offsiteAccessKeyId"), secretAccessKey: mask("offsiteSecretAccessKey") }
      : undefined,
    backupKey: inputs.backupKey ? mask("backupKey") : undefined,
    roleSecrets: {
      ...(inputs.originSecret && { originSecret: mask("originSecret") }),
      ...(inputs.dnsToken && { dnsToken: mask("dnsToken") }),
    },
    secrets: Object.fromEntries(namedSecrets(settings).map((name) => [name, mask(name)])),
  });
  await pulumi.runtime.disconnect();
  return new Map(
    [...scripts.values()].map((script) => [
      /^readonly setup_hostname='([^']+)'$/m.exec(script)?.[1] ?? "",
      script,
    ]),
  );
}

/** All that somebody asks for: the stack's file may hide even the names. */
function namedSecrets({ app, web, images }: PlatformSettings): string[] {
  const ofServices = Object.values(app.services).flatMap(({ secrets }) => Object.values(secrets));
  const ofPaths = Object.values(web?.protectedPaths ?? {}).flatMap(({ users }) => Object.values(users));
  return [...ofServices, ...ofPaths, ...images.registries.map(({ passwordSecret }) => passwordSecret)];
}

/** Secrets come to mocks as the engine would get them: https://www.pulumi.com/docs/iac/concepts/secrets/ */
function plainText(value: unknown): string {
  if (typeof value === "string") return value;
  const { value: inner } = (value ?? {}) as { readonly value?: unknown };
  if (typeof inner !== "string") throw new Error("a set-up without a script");
  return inner;
}
