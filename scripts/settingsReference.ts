import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { Command } from "commander";
import { stackSchema } from "../components/stack/schema";
import { projectRoot } from "./localStack";
import { entriesOf } from "./settingsReference/entries";
import { referencePage } from "./settingsReference/page";
import { withDescriptions } from "./settingsReference/project";

async function main(): Promise<void> {
  const entries = entriesOf(stackSchema);
  const project = join(projectRoot, "Pulumi.yaml");
  await writeFile(join(projectRoot, "docs", "reference.md"), referencePage(entries));
  await writeFile(project, withDescriptions(await readFile(project, "utf8"), entries));
}

new Command("npm run settings-reference")
  .description("Writes docs/reference.md and the descriptions in Pulumi.yaml from the schemas.")
  .action(main)
  .parseAsync()
  .catch((error: unknown) => {
    process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`);
    process.exitCode = 1;
  });
