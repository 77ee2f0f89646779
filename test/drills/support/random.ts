import { note } from "./record";

/**
 * The seed of one drill: `DRILL_SEED`, or another one each time. It is printed, so that what a drill found can be
 * tried again.
 */
export function drillSeed(): number {
  const seed = Number(process.env.DRILL_SEED ?? Math.floor(Math.random() * 2 ** 32));
  console.log(`      DRILL_SEED=${seed}`);
  note({ seed });
  return seed;
}

/** Numbers from 0 to 1 for one drill, from its seed. */
export function drillRandom(): () => number {
  return randomFrom(drillSeed());
}

/** The same numbers for the same seed (mulberry32). */
export function randomFrom(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}
