import { hasStorageBox } from "../roles/storage/copies";
import { type PlatformSettings, Tier } from "../settings/settings";
import { renamedPath } from "./renamedKeys";

/** Settings that say where the platform's data is, by path: `storage.bucket`. What a stack's state remembers. */
export type SettledSettings = Readonly<Record<string, string | number | boolean>>;
type Value = SettledSettings[string];

/** A settled setting with another value than the one that the running platform was made with. */
export interface SettledChange {
  readonly path: string;
  readonly before: Value;
  readonly after: Value;
  /** What `up` would do. */
  readonly effect: string;
  /** How to get there all the same; an imperative. */
  readonly remedy: string;
}

interface SettledRule {
  readonly read: (settings: PlatformSettings) => Value;
  /** @default - no change */
  readonly mayBecome?: (
    before: Value,
    after: Value,
    settings: PlatformSettings,
    /** Paths that differ. */
    differs: Readonly<Record<string, boolean>>,
  ) => boolean;
  /** `acceptChange` may name the new value. @default false */
  readonly canBeAccepted?: true;
  readonly effect: (before: Value) => string;
  readonly remedy: (before: Value, path: string, after: Value) => string;
}

const anotherStack = "for another one create another stack beside this one and restore its backups there";

const rebuilds: SettledRule["effect"] = () =>
  "machines, volume and addresses would be replaced by new, empty ones";

const subnet = (tier: Tier): SettledRule => ({
  read: ({ network }) => network.subnets[tier],
  // Most subnets follow from the range, which is refused by itself.
  mayBecome: (_before, _after, _settings, others) => others["network.range"] === true,
  effect: () => "Hetzner keeps a subnet while machines are in it, and moving them cuts their way out",
  remedy: (before) => `set it back to ${before}: ${anotherStack}`,
});

const store = (
  read: SettledRule["read"],
  effect: SettledRule["effect"],
  remedy: string,
  moved: string,
): SettledRule => ({
  read,
  effect,
  canBeAccepted: true,
  remedy: (before, path, after) =>
    `set it back to ${before}, or ${remedy} (docs/operations.md), and ${moved}: acceptChange: ["${path}=${after}"]`,
});

const rules: Readonly<Record<string, SettledRule>> = {
  environment: {
    read: ({ environment }) => environment,
    effect: () =>
      "every machine, network and volume would get another name (the stack's name is only the default)",
    remedy: (before) => `run: pulumi config set environment ${before}`,
  },
  location: {
    read: ({ location }) => location,
    effect: rebuilds,
    remedy: (before) => `set it back to ${before}: ${anotherStack}`,
  },
  "network.range": {
    read: ({ network }) => network.range,
    effect: rebuilds,
    remedy: (before) => `set it back to ${before}: ${anotherStack}`,
  },
  "network.subnets.edge": subnet(Tier.Edge),
  "network.subnets.app": subnet(Tier.App),
  "network.subnets.database": subnet(Tier.Database),
  "network.subnets.storage": subnet(Tier.Storage),
  "database.databaseName": store(
    ({ database }) => database.databaseName,
    (before) => `the application would get an empty database, and ${before} would no longer be backed up`,
    "rename the database and its role on the machine",
    "then say so",
  ),
  "database.cacheEngine": store(
    ({ database }) => database.cacheEngine,
    (before) => `sessions and waiting jobs would stay behind in ${before}`,
    "let the workers finish all jobs",
    "accept that all visitors are logged out",
  ),
  "storage.bucket": store(
    ({ storage }) => storage.bucket,
    (before) => `the application would get an empty bucket, and ${before} would no longer be copied`,
    "copy the objects into the new bucket",
    "then say so",
  ),
  "storage.objectStoreEngine": store(
    ({ storage }) => storage.objectStoreEngine,
    (before) =>
      `the application would get an empty object store; ${before} keeps its objects in a form of its own`,
    "take a copy of the objects",
    "restore it after this change",
  ),
  "storage.bulk": {
    read: ({ storage }) => hasStorageBox(storage),
    mayBecome: (before, _after, { storage }) => before === false || storage.keepStorageBox === false,
    effect: () => "the storage box would be deleted with every backup on it",
    remedy: () =>
      "set storage.keepStorageBox: true to keep the box and what is on it, or false to have it deleted",
  },
  "storage.volumeGb": {
    read: ({ storage }) => storage.volumeGb,
    mayBecome: (before, after) => after >= before,
    effect: () => "a volume cannot shrink",
    remedy: (before) => `set storage.volumeGb: ${before}`,
  },
};

/** What a stack remembers of its settings. */
export function settledSettings(settings: PlatformSettings): SettledSettings {
  return Object.fromEntries(Object.entries(rules).map(([path, rule]) => [path, rule.read(settings)]));
}

/**
 * Every change that must not be applied. Paths that were not remembered yet may have any value.
 *
 * @param remembered by this version or an earlier one
 */
export function refusedChanges(
  remembered: SettledSettings,
  settings: PlatformSettings,
): readonly SettledChange[] {
  const before = underTodaysPaths(remembered);
  const now = settledSettings(settings);
  const differs = Object.fromEntries(Object.entries(before).map(([path, was]) => [path, was !== now[path]]));
  return Object.entries(rules).flatMap(([path, rule]) => {
    const [was, is] = [before[path], rule.read(settings)];
    if (was === undefined || was === is || rule.mayBecome?.(was, is, settings, differs)) return [];
    if (rule.canBeAccepted && isAccepted(settings, path, is)) return [];
    return [{ path, before: was, after: is, effect: rule.effect(was), remedy: rule.remedy(was, path, is) }];
  });
}

function underTodaysPaths(remembered: SettledSettings): SettledSettings {
  return Object.fromEntries(
    Object.entries(remembered).map(([path, value]) => [renamedPath(path) ?? path, value]),
  );
}

/** Whether the settings say that this path may have got this value. */
export function isAccepted(settings: PlatformSettings, path: string, value: Value): boolean {
  return settings.acceptChange?.includes(`${path}=${value}`) ?? false;
}

/** Paths of which `acceptChange` may name a new value. */
export const acceptablePaths: readonly string[] = Object.entries(rules)
  .filter(([, rule]) => rule.canBeAccepted)
  .map(([path]) => path);

/** One message about all of them. */
export function refusalText(changes: readonly SettledChange[]): string {
  const lines = changes.map(({ path, before, after, effect, remedy }) =>
    typeof before === "boolean"
      ? `  ${path}: ${effect}; ${remedy}`
      : `  ${path}: ${before} in the running platform, ${after} in the configuration: ${effect}; ${remedy}`,
  );
  return `nothing was changed, because data would be left behind or deleted\n${lines.join("\n")}`;
}
