// Where the tests are and what each needs: its file name says so.
import { glob } from "node:fs/promises";
import { join } from "node:path";
import { projectRoot } from "../localStack";
import { workspaces } from "./workspaces";

/**
 * What a test file needs besides Node.
 *
 * - `nothing`: `NAME.test.ts`. No root, no namespace, nothing outside of npm's packages and the toolchain.
 * - `host`: `NAME.host.test.ts`. Programs, users or network namespaces of the host; such a file may skip itself.
 * - `machines`: `NAME.machines.test.ts`. It boots machines.
 */
export type Need = "nothing" | "host" | "machines";

export const needs: readonly Need[] = ["nothing", "host", "machines"];

/** By its name alone. */
export function needOf(path: string): Need {
  return needs.find((need) => path.endsWith(`.${need}.test.ts`)) ?? "nothing";
}

/** Files that match under the test folders: the root's and one in each workspace. Sorted, relative to the root. */
export async function testFiles(pattern: string): Promise<string[]> {
  const found: string[] = [];
  for (const folder of ["test", ...workspaces().map((workspace) => join(workspace, "test"))]) {
    for await (const path of glob(`${folder}/${pattern}`, { cwd: projectRoot })) found.push(path);
  }
  return found.sort();
}

/** Tests of one need; those of a whole platform and the rules of the house are parts of their own. */
export async function filesThatNeed(need: Need): Promise<string[]> {
  const files = await testFiles("**/*.test.ts");
  return files.filter((path) => !isEndToEnd(path) && !isHouseRule(path) && needOf(path) === need);
}

/** Rules that the sources keep; a part of `npm run check`. */
export async function houseRules(): Promise<string[]> {
  return (await testFiles("**/*.test.ts")).filter(isHouseRule);
}

/** In the order of their numbers: the first brings the platform up, the last takes it down. */
export async function endToEndFiles(): Promise<string[]> {
  return (await testFiles("**/*.test.ts")).filter(isEndToEnd);
}

function isEndToEnd(path: string): boolean {
  return path.startsWith("test/e2e/");
}

function isHouseRule(path: string): boolean {
  return path.startsWith("test/house/");
}
