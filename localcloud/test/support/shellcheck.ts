import { execa } from "execa";
import { ensureHostPackages } from "../../src/linux/hostPackages";

/**
 * What shellcheck has to say about a script; empty when nothing.
 *
 * @param exclude findings that the script makes on purpose, such as `SC2016` for code that a later shell expands
 */
export async function shellcheck(script: string, exclude: readonly string[] = []): Promise<string> {
  await ensureHostPackages(["shellcheck"]);
  const excluded = exclude.length === 0 ? [] : [`--exclude=${exclude.join(",")}`];
  const result = await execa("shellcheck", ["--shell=bash", ...excluded, "-"], {
    input: script,
    reject: false,
  });
  return result.stdout + result.stderr;
}
