// A former commit of this project in a folder of its own, with the dependencies that its lock file names.
import { existsSync } from "node:fs";
import { mkdir, rm, writeFile } from "node:fs/promises";
import { execa } from "execa";
import { projectRoot } from "../scripts/localStack";
import { cacheDir, type Progress } from "../toolchain/cacheDir";

/** What the targets of docs/performance.md are measured against: the platform before it was made fast. */
export const formerCommit = "10412d9";

/**
 * A checkout of a commit that can run.
 *
 * @throws when this is no clone that knows the commit
 */
export async function oldBuild(commit: string, progress: Progress): Promise<string> {
  const git = (...args: string[]) => execa("git", ["-C", projectRoot, ...args]);
  const { stdout: full } = await git("rev-parse", "--verify", `${commit}^{commit}`).catch(
    (cause: unknown) => {
      throw new Error(`commit ${commit} is not in this clone: git fetch --unshallow`, { cause });
    },
  );
  const folder = cacheDir("bench", "builds", full);
  if (!existsSync(`${folder}/.ready`)) {
    progress(`installing the build of ${commit} (once)`);
    await rm(folder, { recursive: true, force: true });
    await mkdir(folder, { recursive: true });
    await execa("sh", ["-c", 'git -C "$1" archive "$2" | tar -x -C "$3"', "sh", projectRoot, full, folder]);
    await execa("npm", ["ci", "--ignore-scripts", "--no-audit", "--no-fund", "--loglevel=error"], {
      cwd: folder,
    });
    await writeFile(`${folder}/.ready`, "");
  }
  return folder;
}
