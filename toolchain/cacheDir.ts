import { homedir } from "node:os";
import { join } from "node:path";

/** Reports one line of progress of a long step to whoever shows it. */
export type Progress = (line: string) => void;

/**
 * Folder for what can be rebuilt at any time: built tools, base images, packages, container images.
 * Outside the work tree, so that a clean clone starts warm.
 *
 * @default `$HETZNER_PLATFORM_CACHE`, else `$XDG_CACHE_HOME/hetzner-platform`, else `~/.cache/hetzner-platform`
 */
export function cacheDir(...parts: string[]): string {
  const base =
    process.env.HETZNER_PLATFORM_CACHE ??
    join(process.env.XDG_CACHE_HOME ?? join(homedir(), ".cache"), "hetzner-platform");
  return join(base, ...parts);
}
