import { dirname } from "node:path";
import { Command, CommanderError } from "commander";
import { problemLine } from "../components/settings/problems";
import type { ParsedPlatform } from "../components/stack/parse";
import { readStackFile } from "../components/stack/stackFile";

export const projectDirectory = dirname(__dirname);

/** Exit codes of the views. */
export const ExitCode = {
  Done: 0,
  /** The platform costs more than its budget. */
  OverBudget: 1,
  /** Two stacks differ where they must not. */
  Different: 1,
  /** Wrong arguments, files or configuration, or no answer from the API. */
  Failed: 2,
} as const;
export type ExitCode = (typeof ExitCode)[keyof typeof ExitCode];

/** Options of every view. */
export interface ViewOptions {
  readonly directory: string;
  readonly json?: true;
}

/** A command that takes a stack and reads its files. */
export function stackCommand(name: string, description: string): Command {
  return new Command(name)
    .description(description)
    .argument("<stack>", "stack whose Pulumi.<stack>.yaml is read: prod, qa, local")
    .option("-d, --directory <path>", "where Pulumi.yaml lies", projectDirectory)
    .option("--json", "print one JSON document")
    .exitOverride();
}

/** A stack as its files say it; what `up` would refuse in them is said on standard error. */
export function viewedStack(stack: string, directory: string): ParsedPlatform {
  const { refusedByUp, ...parsed } = readStackFile(stack, directory);
  if (refusedByUp.length > 0) {
    process.stderr.write(`note: pulumi up refuses this stack:\n${refusedByUp.map(problemLine).join("\n")}\n`);
  }
  return parsed;
}

/** Runs a command and turns its errors into one message and an exit code. */
export async function runCommand(command: Command, argv: readonly string[] = process.argv): Promise<void> {
  try {
    await command.parseAsync([...argv]);
  } catch (error) {
    if (error instanceof CommanderError) {
      // Commander has printed help, version or usage error already.
      process.exitCode = error.exitCode === 0 ? ExitCode.Done : ExitCode.Failed;
      return;
    }
    process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`);
    process.exitCode = ExitCode.Failed;
  }
}
