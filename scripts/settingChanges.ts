import { readFile, writeFile } from "node:fs/promises";
import { Command } from "commander";
import { document, renderSettings, startPlatform } from "./settingChanges/table";

async function main(): Promise<void> {
  const running = await startPlatform();
  try {
    const text = await renderSettings(running);
    if (text !== (await readFile(document, "utf8").catch(() => ""))) await writeFile(document, text);
  } finally {
    await running.stop();
  }
}

new Command("npm run setting-changes")
  .description("Writes docs/settings.md from a preview of each changed setting.")
  .action(main)
  .parseAsync()
  .catch((error: unknown) => {
    process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`);
    process.exitCode = 1;
  });
