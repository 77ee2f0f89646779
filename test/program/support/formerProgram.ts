import { mkdtemp, rm, symlink } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { execa } from "execa";
import { projectRoot } from "../../../scripts/localStack";

/** The last commit whose machines were called lb1 and db1, and whose tier of the database was `data`. */
export const beforeTheRoles = "79855ce";

/** A commit's files in a folder of their own, with the dependencies of this checkout. */
export interface FormerProgram {
  readonly folder: string;
  remove(): Promise<void>;
}

/** @throws when git does not know the commit, as in a package or a shallow clone */
export async function checkOut(commit: string): Promise<FormerProgram> {
  const temporary = await mkdtemp(join(tmpdir(), "former-program-"));
  const folder = join(temporary, "checkout");
  const git = (...args: string[]) => execa("git", args, { cwd: projectRoot });
  await git("worktree", "add", "--detach", folder, commit);
  await symlink(join(projectRoot, "node_modules"), join(folder, "node_modules"));
  return {
    folder,
    remove: async () => {
      await git("worktree", "remove", "--force", folder);
      await rm(temporary, { recursive: true });
    },
  };
}
