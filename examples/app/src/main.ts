import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { parseConfig } from "./config";

async function main(): Promise<void> {
  // Loaded on demand: the health command runs every few seconds and needs none of the servers' code.
  if (process.argv[2] === "health") {
    const { checkHealth } = await import("./healthCommand");
    process.exitCode = await checkHealth(process.env);
    return;
  }
  const config = parseConfig({ ...process.env, RELEASE: process.env.RELEASE || builtRelease() });
  const { serve } = await import("./serve");
  await serve(config);
}

/** The release that the image was built as; undefined outside of an image. */
function builtRelease(): string | undefined {
  const file = join(__dirname, "release");
  return existsSync(file) ? readFileSync(file, "utf8").trim() : undefined;
}

main().catch((error: unknown) => {
  const message = error instanceof Error ? error.message : String(error);
  process.stdout.write(`${JSON.stringify({ level: "fatal", time: Date.now(), msg: message })}\n`);
  process.exitCode = 1;
});
