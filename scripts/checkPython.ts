import { glob } from "node:fs/promises";
import { join } from "node:path";
import { type ExecaError, execa } from "execa";
import { installPython, type PythonClient, pythonFolder, pythonOf } from "../test/clients/python";
import type { Progress } from "../toolchain/cacheDir";

const root = join(__dirname, "..");

/** ruff and mypy, pinned by checksum. */
const tools: PythonClient = {
  name: "python-checks",
  requirements: join(__dirname, "python", "requirements.txt"),
};

/** Programs for machines, which are written in Python. */
export async function pythonFiles(): Promise<string[]> {
  const files: string[] = [];
  for await (const path of glob("components/**/*.py", { cwd: root })) files.push(join(root, path));
  return files.sort();
}

/** @returns why this machine cannot check Python; undefined: it can */
export async function whyNoPython(): Promise<string | undefined> {
  return pythonFolder(tools).then(
    () => undefined,
    (error: Error) => error.message,
  );
}

/**
 * Lint, format and strict types of Python files, by the rules of `pyproject.toml`.
 *
 * @returns what the tools have to say; empty: nothing
 * @throws when Python is missing or a download fails
 */
export async function pythonProblems(files: readonly string[], progress: Progress): Promise<string> {
  await installPython(tools, progress);
  const python = pythonOf(await pythonFolder(tools));
  const config = join(root, "pyproject.toml");
  const ruff = ["--config", config, "--no-cache", "--quiet"];
  const said = (tool: string, ...args: readonly string[]) =>
    execa(python, ["-m", tool, ...args, ...files], { cwd: root, all: true }).then(
      () => "",
      (error: ExecaError) => error.all || error.shortMessage,
    );
  const problems = await Promise.all([
    said("ruff", "check", ...ruff, "--output-format=concise"),
    said("ruff", "format", ...ruff, "--check"),
    said("mypy", "--config-file", config, "--cache-dir=/dev/null", "--no-error-summary"),
  ]);
  return problems.filter((text) => text !== "").join("\n");
}

/** Part of `npm run check`. @throws with what is wrong */
export async function checkPython(progress: Progress): Promise<void> {
  const reason = await whyNoPython();
  if (reason !== undefined) return progress(`skipped: checks of Python files (${reason})`);
  const problems = await pythonProblems(await pythonFiles(), progress);
  if (problems !== "") throw new Error(problems);
}
