import { readFileSync } from "node:fs";
import { join } from "node:path";
import { projectRoot } from "../localStack";

/** Folders of the npm workspaces, from the root: `toolchain`. */
export function workspaces(): readonly string[] {
  const { workspaces: folders = [] } = JSON.parse(
    readFileSync(join(projectRoot, "package.json"), "utf8"),
  ) as {
    workspaces?: readonly string[];
  };
  return folders;
}
