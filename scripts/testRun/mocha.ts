import { execa } from "execa";
import { projectRoot } from "../localStack";
import { failuresIn } from "./failures";

/** Runs test files. @throws execa's error, which holds the output as `all` */
export async function mocha(
  files: readonly string[],
  timeout: string,
  options: readonly string[] = [],
  env: Readonly<Record<string, string>> = {},
): Promise<void> {
  await show("mocha", ["--timeout", timeout, ...options, ...files], env);
}

/** Runs a program and shows its output as it comes. @throws execa's error, which holds the output as `all` */
export async function show(
  command: string,
  args: readonly string[],
  env: Readonly<Record<string, string>> = {},
): Promise<void> {
  const child = execa(command, args, {
    cwd: projectRoot,
    stdin: "inherit",
    all: true,
    preferLocal: true,
    // The program writes to a pipe, so it cannot see by itself that a person reads it.
    env: { ...env, ...(process.stdout.isTTY ? { FORCE_COLOR: "1" } : {}) },
  });
  child.stdout?.pipe(process.stdout, { end: false });
  child.stderr?.pipe(process.stderr, { end: false });
  await child;
}

/** What to say of a part that failed, once more at the end of a long run. */
export function reasonOf(error: unknown): string {
  if (error instanceof AggregateError) return error.errors.map(reasonOf).join("\n\n");
  if (!(error instanceof Error)) return String(error);
  const output = "all" in error && typeof error.all === "string" ? error.all : "";
  return output === "" ? (error.stack ?? error.message) : failuresIn(output);
}
