import { setTimeout } from "node:timers/promises";

/**
 * Asks until the answer is yes. The limit is no promise of the product: it is far beyond what a busy machine
 * needs, so that only what never happens fails.
 *
 * @throws after `limitMs`, with what was waited for
 */
export async function eventually(
  isSo: () => boolean | Promise<boolean>,
  what: string,
  { limitMs = 60_000, everyMs = 20 }: { readonly limitMs?: number; readonly everyMs?: number } = {},
): Promise<void> {
  const deadline = performance.now() + limitMs;
  while (!(await isSo())) {
    if (performance.now() > deadline) throw new Error(`not within ${limitMs / 1000} s: ${what}`);
    await setTimeout(everyMs);
  }
}
