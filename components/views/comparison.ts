/** A setting that two stacks have differently; undefined where one of them lacks it. */
export interface Difference {
  /** `app.services.web.image`. */
  readonly path: string;
  readonly left: unknown;
  readonly right: unknown;
  /** Whether stacks that are to be alike may differ here. */
  readonly allowed: boolean;
}

/**
 * What a stack for tests and the one for production differ in, and nothing besides: where and for whom they are, how
 * large, how much they keep, and which release runs. `*` stands for one name.
 */
export const usualDifferences: readonly string[] = [
  ...[
    "environment",
    "domain",
    "aliases",
    "dns.*",
    "adminRanges",
    "location",
    "network.*",
    "network.subnets.*",
  ],
  ...["budgetEur", "protect", "deployWindow.*", "bakedImages.*", "virtualIp", "secrets.*"],
  ...["serverType", "vcpus", "memoryGb", "cpu", "diskGb", "count", "volumeGb"].map((size) => `*.${size}`),
  ...["storage.bulkGb", "storage.backup.retentionDays", "storage.logRetentionDays", "edge.acme.directory"],
  ...["image", "replicas", "memoryMb", "host", "hosts"].map((of) => `app.services.*.${of}`),
];

/**
 * The settings that two stacks have differently, defaults filled in, by path.
 *
 * @param allowed patterns of paths that may differ @default what a test stack and production differ in
 * @example compareSettings(loadStackFile("qa"), loadStackFile("prod"))
 */
export function compareSettings(
  left: object,
  right: object,
  allowed: readonly string[] = usualDifferences,
): readonly Difference[] {
  const [ofLeft, ofRight] = [leavesOf(left), leavesOf(right)];
  const paths = [...new Set([...ofLeft.keys(), ...ofRight.keys()])].sort();
  return paths.flatMap((path) => {
    const [one, other] = [ofLeft.get(path), ofRight.get(path)];
    if (JSON.stringify(one) === JSON.stringify(other)) return [];
    return [{ path, left: one, right: other, allowed: allowed.some((pattern) => matches(path, pattern)) }];
  });
}

const secret = "[secret]";

/** Lists count as one value: their order may matter. Of what is encrypted only counts whether it is there. */
function leavesOf(value: unknown, path: readonly string[] = []): ReadonlyMap<string, unknown> {
  if (typeof value !== "object" || value === null || Array.isArray(value))
    return new Map(value === undefined ? [] : [[path.join("."), value]]);
  if ("secure" in value) return new Map([[path.join("."), secret]]);
  return new Map(Object.entries(value).flatMap(([name, inner]) => [...leavesOf(inner, [...path, name])]));
}

function matches(path: string, pattern: string): boolean {
  const [names, wanted] = [path.split("."), pattern.split(".")];
  return names.length === wanted.length && wanted.every((name, n) => name === "*" || name === names[n]);
}
