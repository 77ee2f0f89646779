import { isConfidential, knownKeys } from "./fields";
import { formatPath, nearestName, type SettingsProblem } from "./problems";
import { namespace } from "./secretLeaves";

type Path = readonly PropertyKey[];

/** Today's path of what an earlier version called otherwise; undefined when it did not. */
export type RenamedPath = (path: string) => string | undefined;

/** What is wrong with a key that no schema names. Its value is not shown: a password may stand under a guessed name. */
export function unknownKeyProblem(
  schema: unknown,
  path: Path,
  isSecret: boolean,
  renamedPath: RenamedPath,
): SettingsProblem {
  const parent = path.slice(0, -1);
  const key = String(path.at(-1));
  const known =
    renamedProblem(formatPath(path), renamedPath) ??
    (parent.length === 0 ? withoutPath(schema, key, isSecret) : undefined);
  if (known !== undefined) return known;
  const keys = knownKeys(schema, parent);
  const meant = nearestName(key, keys);
  const remedy = meant === undefined ? "remove the key" : `did you mean ${meant}?`;
  return { path: formatPath(path), value: "an unknown key", allowed: `the keys ${keys.join(", ")}`, remedy };
}

/** A file that was written for an earlier version. */
function renamedProblem(path: string, renamedPath: RenamedPath): SettingsProblem | undefined {
  const today = renamedPath(path);
  if (today === undefined) return undefined;
  return {
    path,
    value: "the former name of a key",
    allowed: `${today}, as it is called now`,
    remedy: `write the same value under ${today}`,
  };
}

/** `pulumi config set app.count 3` makes a key with a dot in its name; somebody has left out `--path`. */
function withoutPath(schema: unknown, key: string, isSecret: boolean): SettingsProblem | undefined {
  const [outer = "", ...rest] = key.split(/[.[]/);
  if (rest.length === 0 || !knownKeys(schema, []).includes(outer)) return undefined;
  const flags = isSecret || isConfidential(schema, [outer]) ? "--secret --path" : "--path";
  return {
    path: key,
    value: "a key with this whole name",
    allowed: `the value inside of ${outer}`,
    remedy: `run: pulumi config rm '${key}', then pulumi config set ${flags} '${namespace}:${key}' VALUE`,
  };
}

const protoKey = "__proto__";

/** Where a key stands that programs in JavaScript lose: who reads the values would never see it. */
export function protoPaths(value: unknown, path: Path = []): readonly Path[] {
  if (typeof value !== "object" || value === null) return [];
  return Object.entries(value).flatMap(([key, inner]) => {
    const at = [...path, Array.isArray(value) ? Number(key) : key];
    return key === protoKey ? [at] : protoPaths(inner, at);
  });
}

export function protoProblem(path: Path): SettingsProblem {
  return {
    path: formatPath(path),
    value: protoKey,
    allowed: "any other name: this one is lost on its way through JavaScript",
    remedy: "rename it",
  };
}
