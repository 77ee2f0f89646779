import { InvalidArgumentError } from "commander";

const units: Readonly<Record<string, number>> = { ms: 1, s: 1_000, m: 60_000, h: 3_600_000 };

/** `250ms`, `60s`, `5m`, `1h` in milliseconds. */
export function milliseconds(text: string): number {
  const [, amount, unit = ""] = /^(\d+(?:\.\d+)?)(ms|s|m|h)$/.exec(text) ?? [];
  const factor = units[unit];
  if (amount === undefined || factor === undefined) {
    throw new InvalidArgumentError("Write a time such as 250ms, 60s, 5m or 1h.");
  }
  return Math.round(Number(amount) * factor);
}

/** The same in whole seconds. */
export function seconds(text: string): number {
  const value = milliseconds(text) / 1000;
  if (!Number.isInteger(value)) throw new InvalidArgumentError("Write whole seconds, such as 60s, 5m or 1h.");
  return value;
}

/** `5`, `5%` or `0.5%`. */
export function percent(text: string): number {
  const [, amount] = /^(\d+(?:\.\d+)?)%?$/.exec(text) ?? [];
  if (amount === undefined) throw new InvalidArgumentError("Write a share of a hundred such as 5% or 0.5%.");
  return Number(amount);
}

/** A number with a sign, as `-3600`. */
export function number(text: string): number {
  const value = Number(text);
  if (text.trim() === "" || !Number.isFinite(value)) throw new InvalidArgumentError("Write a number.");
  return value;
}
