/** Random choices that a seed repeats. */
export interface Random {
  /** From 0 to `below`, without it. */
  whole(below: number): number;
  between(from: number, to: number): number;
  chance(share: number): boolean;
  pick<T>(list: readonly T[]): T;
  many<T>(least: number, most: number, make: (index: number) => T): T[];
  /** Letters of the alphabet, any number of them from the limits. */
  word(alphabet: string, least: number, most: number): string;
}

/** Mulberry32: small, and good enough to choose by. */
export function random(seed: number): Random {
  let state = seed >>> 0;
  const next = () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
  const whole = (below: number) => Math.floor(next() * below);
  const between = (from: number, to: number) => from + whole(to - from + 1);
  const many = <T>(least: number, most: number, make: (index: number) => T) =>
    Array.from({ length: between(least, most) }, (_, index) => make(index));
  return {
    whole,
    between,
    chance: (share) => next() < share,
    pick: <T>(list: readonly T[]) => list[whole(list.length)] as T,
    many,
    word: (alphabet, least, most) => many(least, most, () => alphabet[whole(alphabet.length)]).join(""),
  };
}
