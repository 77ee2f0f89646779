import * as pulumi from "@pulumi/pulumi";
import type { PlatformSettings } from "./components/settings";
import { BudgetError, requireBudget } from "./components/views/budget";
import { exampleRangeProblems, isOwnEndpoint } from "./config/adminAccess";
import { parseSettings } from "./config/parse";
import { SettingsError, type SettingsProblem } from "./config/problems";
import { plainValue } from "./config/rawValues";
import { clearTextProblems } from "./config/secrets";

export { parseSettings } from "./config/parse";
export { SettingsError, type SettingsProblem } from "./config/problems";
export { loadStackFile, StackFileError } from "./config/stackFile";

/** Values that stay encrypted in state and never stand in a setting. */
export interface StackSecrets {
  /** Token with which the load balancers move the floating IP; undefined: the provider's own. */
  readonly failoverToken: pulumi.Output<string> | undefined;
  /** PEM text: certificate, chain and private key of the domain. */
  readonly certificate: pulumi.Output<string> | undefined;
  /** Access to the bucket of `storage.backup.offsite`. */
  readonly offsiteCredentials: pulumi.Output<OffsiteCredentials> | undefined;
}

export interface OffsiteCredentials {
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
}

/**
 * The configuration of the running stack. Call it before any resource is registered: nothing is created when
 * a value is wrong or the platform costs more than its budget.
 *
 * @throws pulumi.RunError, which the engine shows without a stack trace; its cause is a SettingsError with every
 * mistake, or a BudgetError
 */
export function readStackConfig(): { readonly settings: PlatformSettings; readonly secrets: StackSecrets } {
  const config = new pulumi.Config();
  const stack = pulumi.getStack();
  const raw = rawValues(config.name);
  const settings = withoutStackTrace(() => {
    const known = [
      ...exposedSecrets(config.name),
      ...(hasOwnEndpoint() ? [] : exampleRangeProblems(raw.adminRanges)),
    ];
    const parsed = parseSettings(raw, stack, known);
    requireBudget(parsed);
    return parsed;
  });
  const accessKeyId = config.getSecret("offsiteAccessKeyId");
  const secretAccessKey = config.getSecret("offsiteSecretAccessKey");
  return {
    settings,
    secrets: {
      failoverToken: config.getSecret("failoverToken"),
      certificate: config.getSecret("certificate"),
      offsiteCredentials:
        accessKeyId === undefined || secretAccessKey === undefined
          ? undefined
          : pulumi
              .all([accessKeyId, secretAccessKey])
              .apply(([id, secret]) => ({ accessKeyId: id, secretAccessKey: secret })),
    },
  };
}

// A mistake in a file is no crash of the program: the trace would only hide the list.
function withoutStackTrace<T>(read: () => T): T {
  try {
    return read();
  } catch (error) {
    if (!(error instanceof SettingsError || error instanceof BudgetError)) throw error;
    throw Object.assign(new pulumi.RunError(error.message), { cause: error });
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

/** Secrets that the stack's file holds unencrypted; only the language host knows which ones are encrypted. */
function exposedSecrets(namespace: string): readonly SettingsProblem[] {
  const listed = process.env.PULUMI_CONFIG_SECRET_KEYS;
  if (listed === undefined) return [];
  const encrypted: readonly unknown[] = JSON.parse(listed);
  const config = pulumi.runtime.allConfig();
  const isClear = (key: string) => config[key] !== undefined && !encrypted.includes(key);
  return clearTextProblems(namespace, isClear, hasOwnEndpoint());
}

function hasOwnEndpoint(): boolean {
  return isOwnEndpoint(pulumi.runtime.allConfig()["hcloud:endpoint"] ?? process.env.HCLOUD_ENDPOINT);
}
