import assert from "node:assert/strict";

/**
 * Holds a rule and its list of exceptions.
 *
 * @param breaks what breaks the rule: the name it has in the list, and what to tell people
 * @throws with everything new, and with everything in the list that keeps the rule now
 */
export function assertOnly(
  exceptions: readonly string[],
  breaks: readonly { readonly name: string; readonly told: string }[],
): void {
  const names = new Set(breaks.map(({ name }) => name));
  const fresh = breaks.filter(({ name }) => !exceptions.includes(name)).map(({ told }) => told);
  const needless = exceptions.filter((name) => !names.has(name));
  const lines = [
    ...fresh,
    ...needless.map(
      (name) => `${name}: keeps the rule now, so take it out of test/house/support/exceptions.ts`,
    ),
  ];
  assert.ok(lines.length === 0, `\n${lines.join("\n")}`);
}
