// Words and lines of any kind, and what values are put together with.
import type { Random } from "./random";

export type Values = Record<string, unknown>;

export const letters = "abcdefghijklmnopqrstuvwxyz";
export const labelLetters = `${letters}0123456789-`;
export const longestDomain = `${`${"d".repeat(62)}.`.repeat(4).slice(0, 251)}.d`;
/** What shells, configuration files and templates give a meaning to. */
const troublemakers = "aZ0 '\"\\$`%{}()[]<>|&;#!?*~=:,@^/+-_.äß€😀\t";

export const maybe = <T>(random: Random, share: number, make: () => T): T | undefined =>
  random.chance(share) ? make() : undefined;

export function plain(values: Values): Values {
  return Object.fromEntries(Object.entries(values).filter(([, value]) => value !== undefined));
}

export function anyVariable(random: Random): string {
  return random.pick(["DEBUG", "_", "PATH", "LD_PRELOAD", "PORT", random.word("ABCxyz_019", 1, 20)]);
}

export function anyLine(random: Random): string {
  if (random.chance(0.03)) return "v".repeat(random.pick([65_000, 65_535, 70_000]));
  return random.pick(["", " ", "plain", "END_OF_NAMES", random.word(troublemakers, 1, 40)]);
}

export function anyImage(random: Random): string {
  const word = () => random.word(`${letters}019`, 1, 8);
  const separator = random.pick([".", "_", "__", "-", "---", "..", "._"]);
  return random.pick([
    "example/shop:1.4.2",
    `${word()}:${random.word("aZ0_.-", 1, 10)}`,
    `${word()}${separator}${word()}/${word()}:1`,
    `registry.example.com:${random.pick([5000, 65_535, 65_536])}/${word()}/${word()}:v1`,
    `${word()}@sha256:${"0a".repeat(32)}`,
    `localhost/${word()}:1`,
  ]);
}
