import { mkdir } from "node:fs/promises";
import { dirname } from "node:path";
import { execa } from "execa";

/**
 * Runs `work` while holding an exclusive lock on `file`, across processes. The kernel holds the lock for a
 * child that ends when this process ends, however it ends: a lock is never left behind.
 *
 * @param onWait called when another process holds the lock
 * @throws when util-linux's `flock` is missing
 */
export async function withLock<T>(
  file: string,
  work: () => Promise<T>,
  onWait: () => void = () => {},
): Promise<T> {
  await mkdir(dirname(file), { recursive: true });
  const holder = execa("flock", ["--exclusive", file, "sh", "-c", "echo locked; cat"], {
    stdin: "pipe",
    buffer: false,
    reject: false,
  });
  const waiting = setTimeout(onWait, 500);
  const locked = await new Promise<boolean>((resolve) => {
    holder.stdout?.once("data", () => resolve(true));
    holder.once("exit", () => resolve(false));
    holder.once("error", () => resolve(false));
  });
  clearTimeout(waiting);
  if (!locked) {
    throw new Error(
      `cannot lock ${file}: flock did not run; install util-linux and make the folder writable`,
    );
  }
  try {
    return await work();
  } finally {
    holder.stdin?.end();
    await holder;
  }
}
