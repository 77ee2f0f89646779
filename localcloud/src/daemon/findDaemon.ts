import { readFile } from "node:fs/promises";
import { isAlive, type ProcessIdentity } from "../linux/processes";
import type { LocalCloudSettings } from "../settings/cloud";

/** The daemon of a cloud that runs now. */
export async function findDaemon(settings: LocalCloudSettings): Promise<ProcessIdentity | undefined> {
  const text = await readFile(settings.paths.pidFile, "utf8").catch(() => undefined);
  if (text === undefined) return undefined;
  const identity = JSON.parse(text) as ProcessIdentity;
  return (await isAlive(identity)) ? identity : undefined;
}
