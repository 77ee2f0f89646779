import { readdir, readFile } from "node:fs/promises";
import { hostname } from "node:os";
import { join } from "node:path";
import type { Stack } from "@pulumi/pulumi/automation";

interface Lock {
  readonly pid: number;
  readonly hostname: string;
}

/**
 * Opens a stack of the file backend whose lock a killed engine left. The lock of an engine that runs, or of another
 * host, stays: the next run is refused by it, as it must be.
 *
 * @returns whether there was such a lock; false for every other backend, which only `pulumi cancel` can ask
 */
export async function openDeadLock(stack: Pick<Stack, "cancel" | "workspace" | "name">): Promise<boolean> {
  const locks = await locksOf(stack);
  if (locks.length === 0 || !locks.every(isDead)) return false;
  await stack.cancel();
  return true;
}

async function locksOf({ workspace, name }: Pick<Stack, "workspace" | "name">): Promise<readonly Lock[]> {
  const backend = new URL(workspace.envVars.PULUMI_BACKEND_URL ?? "none:");
  if (backend.protocol !== "file:") return [];
  const project = (await workspace.projectSettings()).name;
  const folder = join(backend.pathname, ".pulumi", "locks", "organization", project, name);
  const files = await readdir(folder).catch(() => []);
  return Promise.all(
    files.map(async (file) => JSON.parse(await readFile(join(folder, file), "utf8")) as Lock),
  );
}

function isDead(lock: Lock): boolean {
  if (lock.hostname !== hostname()) return false;
  try {
    process.kill(lock.pid, 0);
    return false;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === "ESRCH";
  }
}
