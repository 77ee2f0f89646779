import * as pulumi from "@pulumi/pulumi";
import { requireBuilt } from "../presets/problems";
import type { OffsiteCredentials } from "../settings/offsiteCredentials";
import { SettingsError, type SettingsProblem } from "../settings/problems";
import { BudgetError, requireBudget } from "../views/budget";
import { hetznerProblems, isOwnEndpoint } from "./adminAccess";
import { ClosedWindowError, windowWarning } from "./openWindow";
import { type ParsedPlatform, parsePlatform } from "./parse";
import { plainValue } from "./rawValues";
import { namedSecrets, secretKeys } from "./schema";
import { secureProblems } from "./secretRules";
import { clearNamesIn, clearTextProblems, misplacedSecretProblems } from "./secrets";
import { misreadProblems, stackFileValue } from "./stackFile";

export { SettingsError, type SettingsProblem } from "../settings/problems";
export { type ParsedPlatform, parsePlatform, parseSettings } from "./parse";
export { loadStackFile, StackFileError } from "./stackFile";

/** Values that stay encrypted in state and never stand in a setting. */
export interface StackSecrets {
  /** Token with which the load balancers move the floating IP; undefined: the provider's own. */
  readonly failoverToken: pulumi.Output<string> | undefined;
  /** PEM text: certificate, chain and private key of the domain. */
  readonly certificate: pulumi.Output<string> | undefined;
  /** Access to the bucket of `storage.backup.offsite`. */
  readonly offsiteCredentials: pulumi.Output<OffsiteCredentials> | undefined;
  /** Encrypts the copies outside; undefined: a random one. */
  readonly backupKey: pulumi.Output<string> | undefined;
  /** Values by the names that services and registries ask for. */
  readonly named: pulumi.Output<Readonly<Record<string, string>>> | undefined;
  /** Everything else that roles have keys for, by these keys. */
  readonly ofRoles: Readonly<Record<string, pulumi.Output<string>>>;
}

/**
 * The configuration of the running stack. Call it before any resource is registered: nothing is created when
 * a value is wrong, the platform costs more than its budget, or it is outside of its window.
 *
 * @throws pulumi.RunError, which the engine shows without a stack trace; its cause is a SettingsError with every
 * mistake, a BudgetError, or a ClosedWindowError
 */
export function readStackConfig(): ParsedPlatform & { readonly secrets: StackSecrets } {
  const config = new pulumi.Config();
  const stack = pulumi.getStack();
  const raw = rawValues(config.name);
  const parsed = withoutStackTrace(() => {
    const known = [
      ...misreadProblems(stack, config.name),
      ...secretProblems(config.name, stack, raw),
      // The engine has decrypted all values: here it can only be a name.
      ...Object.keys(raw[namedSecrets] ?? {}).flatMap(secureProblems),
      ...(hasOwnEndpoint() ? [] : hetznerProblems(raw, providerToken())),
    ];
    const { settings, plan } = parsePlatform(raw, stack, known);
    requireBuilt(settings, plan.roles);
    requireBudget(settings, plan);
    const warning = windowWarning(settings.deployWindow, thisRun());
    if (warning !== undefined) void pulumi.log.warn(warning);
    return { settings, plan };
  });
  const accessKeyId = config.getSecret("offsiteAccessKeyId");
  const secretAccessKey = config.getSecret("offsiteSecretAccessKey");
  return {
    ...parsed,
    secrets: {
      failoverToken: config.getSecret("failoverToken"),
      certificate: config.getSecret("certificate"),
      backupKey: config.getSecret("backupKey"),
      ofRoles: roleSecrets(config),
      named: config.getSecretObject<Readonly<Record<string, string>>>(namedSecrets),
      offsiteCredentials:
        accessKeyId === undefined || secretAccessKey === undefined
          ? undefined
          : pulumi
              .all([accessKeyId, secretAccessKey])
              .apply(([id, secret]) => ({ accessKeyId: id, secretAccessKey: secret })),
    },
  };
}

/** Keys of roles that a platform is given by words of its own. */
const knownSecrets: readonly string[] = [
  "failoverToken",
  "certificate",
  "backupKey",
  "offsiteAccessKeyId",
  "offsiteSecretAccessKey",
];

function roleSecrets(config: pulumi.Config): StackSecrets["ofRoles"] {
  const given = secretKeys
    .filter((key) => !knownSecrets.includes(key))
    .flatMap((key) => {
      const secret = config.getSecret(key);
      return secret === undefined ? [] : [[key, secret] as const];
    });
  return Object.fromEntries(given);
}

function thisRun() {
  const { PLATFORM_DEPLOY_ANYWAY: anyway, PLATFORM_DEPLOY_WINDOW: window } = process.env;
  return { moment: new Date(), isPreview: pulumi.runtime.isDryRun(), anyway, isStrict: window === "strict" };
}

const told = [SettingsError, BudgetError, ClosedWindowError] as const;

// A mistake in a file is no crash of the program: the trace would only hide the list.
function withoutStackTrace<T>(read: () => T): T {
  try {
    return read();
  } catch (error) {
    const isTold = told.some((kind) => error instanceof kind);
    throw isTold ? Object.assign(new pulumi.RunError((error as Error).message), { cause: error }) : error;
  }
}

/** All keys of the namespace, undeclared ones too: a misspelt key must not pass silently. */
function rawValues(namespace: string): Readonly<Record<string, unknown>> {
  const prefix = `${namespace}:`;
  return Object.fromEntries(
    Object.entries(pulumi.runtime.allConfig())
      .filter(([key]) => key.startsWith(prefix))
      .map(([key, value]) => [key.slice(prefix.length), plainValue(key.slice(prefix.length), value)]),
  );
}

/** Only the language host knows which keys are encrypted, or hold something encrypted. */
function secretProblems(
  namespace: string,
  stack: string,
  raw: Readonly<Record<string, unknown>>,
): readonly SettingsProblem[] {
  const listed = process.env.PULUMI_CONFIG_SECRET_KEYS;
  if (listed === undefined) return [];
  const keys: readonly unknown[] = JSON.parse(listed);
  const config = pulumi.runtime.allConfig();
  const isEncrypted = (key: string) => keys.includes(key);
  const encryption = {
    isClear: (key: string) => config[key] !== undefined && !isEncrypted(key),
    isEncrypted,
    clearNames: clearNames(namespace, stack, raw[namedSecrets], isEncrypted),
  };
  return [
    ...clearTextProblems(namespace, encryption, hasOwnEndpoint()),
    ...misplacedSecretProblems(namespace, Object.keys(raw), encryption),
  ];
}

/** One encrypted secret makes the whole object count as encrypted: only the file tells them apart. */
function clearNames(
  namespace: string,
  stack: string,
  values: unknown,
  isEncrypted: (key: string) => boolean,
): readonly string[] {
  const key = `${namespace}:${namedSecrets}`;
  if (!isEncrypted(key)) return clearNamesIn(values);
  const written = stackFileValue(stack, key);
  const stands = (holder: unknown, name: string) => (holder as Readonly<Record<string, unknown>>)[name];
  // Of the same value only: the engine may have read another file than this one.
  return clearNamesIn(written).filter((name) => stands(written, name) === stands(values ?? {}, name));
}

function providerToken(): string | undefined {
  return pulumi.runtime.allConfig()["hcloud:token"] ?? process.env.HCLOUD_TOKEN;
}

function hasOwnEndpoint(): boolean {
  return isOwnEndpoint(pulumi.runtime.allConfig()["hcloud:endpoint"] ?? process.env.HCLOUD_ENDPOINT);
}
