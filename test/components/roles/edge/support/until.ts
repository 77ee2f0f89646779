import assert from "node:assert/strict";

const everyMilliseconds = 50;

/**
 * Waits for an event of another process. The limit is counted in looks, 50 ms apart: where this process gets its
 * turn late, so does the other one. Without a promise of the product behind it, leave it out.
 *
 * @throws when the event does not come in time
 */
export async function until(
  condition: () => boolean | Promise<boolean>,
  limitMilliseconds = 60_000,
): Promise<void> {
  for (let looks = Math.ceil(limitMilliseconds / everyMilliseconds); ; looks--) {
    const holds = await Promise.resolve()
      .then(condition)
      .catch(() => false);
    if (holds) return;
    assert.ok(looks > 0, `not within ${limitMilliseconds} ms: ${condition}`);
    await pause(everyMilliseconds);
  }
}

export function pause(milliseconds: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, milliseconds));
}
