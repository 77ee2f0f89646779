import { z } from "zod";
import { bare } from "../../../../components/settings/fields";
import { secretKeys, stackSchema } from "../../../../components/stack/schema";
import { random } from "./random";
import { anyValues } from "./values";

/** So far is looked for a seed that tries what the first ones leave out. */
const farthest = 1000;

/** The first seeds, and for each key that none of them tries the next one that does. */
export function chosenSeeds(first: number, count: number): readonly number[] {
  const seeds = Array.from({ length: count }, (_, index) => first + index);
  let left = untried(seeds);
  for (let seed = first + count; left.length > 0 && seed < first + farthest; seed++) {
    const tries = new Set(triedBy(seed));
    if (!left.some((key) => tries.has(key))) continue;
    seeds.push(seed);
    left = left.filter((key) => !tries.has(key));
  }
  return seeds;
}

/** Keys of the stack, secrets aside, that no values of these seeds have. */
export function untried(seeds: readonly number[]): readonly string[] {
  const tried = new Set(seeds.flatMap(triedBy));
  return keysOf(stackSchema).filter(
    (key) => !tried.has(key) && !(secretKeys as readonly string[]).includes(key),
  );
}

const triedBy = (seed: number) => pathsOf(anyValues(random(seed)));

/** `app.services.*.image` of a schema: its keys, records by a star, without what lies in lists. */
function keysOf(schema: unknown, prefix = ""): string[] {
  const inner = bare(schema);
  if (inner instanceof z.ZodObject) {
    return Object.entries(inner.shape).flatMap(([key, value]) =>
      keysOf(value, prefix === "" ? key : `${prefix}.${key}`),
    );
  }
  if (inner instanceof z.ZodRecord) return keysOf(inner.valueType, `${prefix}.*`);
  return [prefix];
}

const records =
  /^(secrets|bakedImages|web\.(sites|protectedPaths(\.\*\.users)?)|(app\.services|roles|roles\.\*\.(containers|services))(\.\*\.(environment|secrets))?)$/;

function pathsOf(value: unknown, prefix = ""): string[] {
  if (typeof value !== "object" || value === null || Array.isArray(value)) return [prefix];
  return Object.entries(value).flatMap(([key, inner]) => {
    const name = records.test(prefix) ? "*" : key;
    return pathsOf(inner, prefix === "" ? name : `${prefix}.${name}`);
  });
}
