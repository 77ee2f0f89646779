import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { checkHealth } from "./healthCommand";

async function main(): Promise<void> {
  if (process.argv[2] === "health") {
    process.exitCode = await checkHealth(process.env);
    return;
  }
  // A bundle of its own: the health command runs all the time and must not read three megabytes for nothing.
  const { serve } = await import("./serve.js");
  await serve({ ...process.env, RELEASE: process.env.RELEASE || builtRelease() });
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
