import { isMap, isScalar, isSeq, Scalar } from "yaml";
import { isConfidential } from "../settings/fields";
import { formatPath, type SettingsProblem } from "../settings/problems";
import { stackSchema } from "./schema";

type Path = readonly PropertyKey[];

/**
 * What stands without quotes in a part of a stack's file and is one value for the engine and another one here: the
 * engine's reader knows more numbers than YAML 1.2, and dates. `0123` becomes 83 on its way, `1_000` a number, and
 * `2026-11-29` the text `2026-11-29 00:00:00 +0000 UTC`. Names count too.
 *
 * @param node what `parseDocument` read
 * @param path where the node stands
 */
export function plainScalarProblems(node: unknown, path: Path = []): readonly SettingsProblem[] {
  if (isMap(node)) {
    return node.items.flatMap(({ key, value }) => {
      const inner = [...path, isScalar(key) ? (key.source ?? String(key.value)) : String(key)];
      return [...plainScalarProblems(key, inner), ...plainScalarProblems(value, inner)];
    });
  }
  if (isSeq(node)) return node.items.flatMap((item, index) => plainScalarProblems(item, [...path, index]));
  if (!isScalar(node) || node.type !== Scalar.PLAIN || node.tag !== undefined) return [];
  const source = node.source ?? "";
  return isReadTwoWays(source) ? [problem(path, source)] : [];
}

function problem(path: Path, source: string): SettingsProblem {
  return {
    path: formatPath(path),
    value: `${isConfidential(stackSchema, path) ? "a number or a date" : source} without quotes`,
    allowed: "a value that every reader of YAML takes for the same",
    remedy: "write text in quotes, and a number in decimal digits alone",
  };
}

/** True for plain text that the engine's reader (go-yaml 3) takes for another value than YAML 1.2 does. */
export function isReadTwoWays(source: string): boolean {
  if (isDate(source)) return true;
  if (!/^[-+]?[0-9]/.test(source)) return false;
  const digits = source.replaceAll("_", "");
  if (/^[-+]?0[0-7]+$/.test(digits)) return true;
  const based = /^([-+]?)(0[xob][0-9a-f]+)$/i.exec(digits);
  if (based?.[2] !== undefined) {
    return Number.isInteger(Number(based[2])) && !/^0(?:x[0-9a-fA-F]+|o[0-7]+)$/.test(source);
  }
  if (/^[-+]?\d+$/.test(digits) && !Number.isSafeInteger(Number(digits))) return true;
  return digits !== source && Number.isFinite(Number(digits));
}

const datePattern =
  /^(\d{4})-(\d{1,2})-(\d{1,2})(?:[Tt]\d{1,2}:\d{1,2}:\d{1,2}(?:\.\d+)?(?:Z|[-+]\d\d:\d\d)| \d{1,2}:\d{1,2}:\d{1,2}(?:\.\d+)?)?$/;

/** Of a day that exists: another one is text for both, and the engine writes such text without quotes. */
function isDate(source: string): boolean {
  const [, year, month, day] = (datePattern.exec(source) ?? []).map(Number);
  if (year === undefined || month === undefined || day === undefined) return false;
  const date = new Date(Date.UTC(year, month - 1, day));
  return date.getUTCMonth() === month - 1 && date.getUTCDate() === day;
}
