import { compareSettings, type Difference, usualDifferences } from "../components/views/comparison";
import { plainTable } from "./plainTable";
import { ExitCode, runCommand, stackCommand, type ViewOptions, viewedStack } from "./stackCommand";

interface CompareOptions extends ViewOptions {
  readonly allow: readonly string[];
}

const command = stackCommand(
  "compare",
  "Prints the settings that two stacks have differently, and whether stacks that are to be alike may.",
)
  .argument("<other>", "the stack that it is compared with")
  .option(
    "-a, --allow <path>",
    "a further setting that may differ; * is one name, and the option may be repeated",
    (path: string, so: readonly string[]) => [...so, path],
    [] as readonly string[],
  )
  .addHelpText(
    "after",
    `
May always differ: ${usualDifferences.join(", ")}.
Of secrets only counts whether both stacks have them.
Exit code: 0 when nothing else differs, 1 when something does, 2 wrong arguments or configuration.

Examples:
  npm run compare -- qa prod
  npm run compare -- qa prod --allow 'app.services.*.environment.MAIL_HOST'`,
  )
  .action(compare);

function compare(stack: string, other: string, { directory, json, allow }: CompareOptions): void {
  const [left, right] = [viewedStack(stack, directory), viewedStack(other, directory)];
  const differences = compareSettings(left.settings, right.settings, [...usualDifferences, ...allow]);
  const refused = differences.filter(({ allowed }) => !allowed);
  process.stdout.write(
    json ? `${JSON.stringify(differences, null, 2)}\n` : comparisonText(stack, other, differences),
  );
  process.exitCode = refused.length === 0 ? ExitCode.Done : ExitCode.Different;
}

function comparisonText(stack: string, other: string, differences: readonly Difference[]): string {
  if (differences.length === 0) return `${stack} and ${other} have the same settings\n`;
  const table = plainTable(["setting", stack, other, ""]);
  for (const { path, left, right, allowed } of differences)
    table.push([path, valueText(left), valueText(right), allowed ? "" : "must be the same"]);
  const count = differences.filter(({ allowed }) => !allowed).length;
  const said = count === 0 ? "nothing differs that must be the same" : remedy(count);
  return `${table.toString()}\n${said}\n`;
}

function remedy(count: number): string {
  const what =
    count === 1
      ? "one setting differs that must be the same"
      : `${count} settings differ that must be the same`;
  return `${what}: write it alike in both files, or allow it with --allow PATH`;
}

const valueText = (value: unknown): string =>
  value === undefined ? "-" : typeof value === "string" ? value : JSON.stringify(value);

void runCommand(command);
