import type { RenamedPath } from "./unknownKeys";

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

/** A setting that data depends on, and how it may change. */
export interface SettledRule<Settings> {
  /** Undefined: there is nothing that it is about, and there may be. */
  readonly read: (settings: Settings) => Value | undefined;
  /** @default - no change */
  readonly mayBecome?: (
    before: Value,
    after: Value,
    settings: Settings,
    /** Paths that differ. */
    differs: Readonly<Record<string, boolean>>,
  ) => boolean;
  /** `acceptChange` may name the new value. @default false */
  readonly canBeAccepted?: true;
  readonly effect: (before: Value) => string;
  readonly remedy: (before: Value, path: string, after: Value) => string;
}

/** Rules by the path of the setting: `storage.bucket`. */
export type SettledRules<Settings> = Readonly<Record<string, SettledRule<Settings>>>;

/** Settings that say which changes of them are wanted. */
export interface Acceptance {
  readonly acceptChange?: readonly string[] | undefined;
}

/**
 * A setting that names a store: another value is an empty one, until somebody has moved the data by hand.
 *
 * @param effect what `up` would do
 * @param remedy how the data is moved, an imperative
 * @param moved what to do afterwards, an imperative
 */
export function storeRule<Settings>(
  read: (settings: Settings) => Value,
  effect: (before: Value) => string,
  remedy: string,
  moved: string,
): SettledRule<Settings> {
  return {
    read,
    effect,
    canBeAccepted: true,
    remedy: (before, path, after) =>
      `set it back to ${before}, or ${remedy} (docs/operations.md), and ${moved}: acceptChange: ["${path}=${after}"]`,
  };
}

/** What a stack remembers of its settings. */
export function settledValues<Settings>(rules: SettledRules<Settings>, settings: Settings): SettledSettings {
  return Object.fromEntries(
    Object.entries(rules).flatMap(([path, rule]) => {
      const value = rule.read(settings);
      return value === undefined ? [] : [[path, value]];
    }),
  );
}

/** A record with every path as it is called today. @param remembered by this version or an earlier one */
export function withTodaysPaths(remembered: SettledSettings, renamedPath: RenamedPath): SettledSettings {
  return Object.fromEntries(
    Object.entries(remembered).map(([path, value]) => [renamedPath(path) ?? path, value]),
  );
}

/**
 * Every change that must not be applied. Paths that were not remembered yet may have any value.
 *
 * @param remembered with paths as they are called today
 */
export function settledChanges<Settings extends Acceptance>(
  rules: SettledRules<Settings>,
  remembered: SettledSettings,
  settings: Settings,
): readonly SettledChange[] {
  const now = settledValues(rules, settings);
  const differs = Object.fromEntries(
    Object.entries(remembered).map(([path, was]) => [path, was !== now[path]]),
  );
  return Object.entries(rules).flatMap(([path, rule]) => {
    const [was, is] = [remembered[path], rule.read(settings)];
    if (was === undefined || is === undefined || was === is || rule.mayBecome?.(was, is, settings, differs))
      return [];
    if (rule.canBeAccepted && isAccepted(settings, path, is)) return [];
    return [{ path, before: was, after: is, effect: rule.effect(was), remedy: rule.remedy(was, path, is) }];
  });
}

/** Whether the settings say that this path may have got this value. */
export function isAccepted({ acceptChange = [] }: Acceptance, path: string, value: Value): boolean {
  return acceptChange.includes(`${path}=${value}`);
}

/** Paths of which `acceptChange` may name a new value. */
export function acceptablePaths(
  rules: Readonly<Record<string, { canBeAccepted?: true }>>,
): readonly string[] {
  return Object.keys(rules).filter((path) => rules[path]?.canBeAccepted);
}

/** One message about all of them. */
export function refusalText(changes: readonly SettledChange[]): string {
  const lines = changes.map(({ path, before, after, effect, remedy }) =>
    typeof before === "boolean"
      ? `  ${path}: ${effect}; ${remedy}`
      : `  ${path}: ${before} in the running platform, ${after} in the configuration: ${effect}; ${remedy}`,
  );
  return `nothing was changed, because data would be left behind or deleted\n${lines.join("\n")}`;
}
