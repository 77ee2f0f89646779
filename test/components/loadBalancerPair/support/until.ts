import assert from "node:assert/strict";

/** Waits for an event of another process. @throws when it does not come in time */
export async function until(
  condition: () => boolean | Promise<boolean>,
  limitMilliseconds = 6000,
): Promise<void> {
  const deadline = Date.now() + limitMilliseconds;
  for (;;) {
    const holds = await Promise.resolve()
      .then(condition)
      .catch(() => false);
    if (holds) return;
    assert.ok(Date.now() < deadline, `not within ${limitMilliseconds} ms: ${condition}`);
    await pause(50);
  }
}

export function pause(milliseconds: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, milliseconds));
}
