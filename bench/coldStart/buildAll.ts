// Builds the programs of `npm run local` with the toolchain of a checkout, and prints what each took as a line of JSON.
// A process of its own in that checkout: the former build's code decides how it builds.
import { readFile } from "node:fs/promises";
import { join } from "node:path";

const [checkout = "", ...programs] = process.argv.slice(2);

interface Build {
  ensureTool(name: string, progress: (line: string) => void): Promise<string>;
}

/** Seconds of the children that have ended, and of theirs: cutime and cstime of proc(5) stat, in ticks. */
async function childrenSeconds(): Promise<number> {
  const stat = await readFile("/proc/self/stat", "utf8");
  const fields = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
  return (Number(fields[13]) + Number(fields[14])) / 100;
}

async function main(): Promise<void> {
  const { ensureTool } = (await import(join(checkout, "toolchain", "build.ts"))) as Build;
  for (const program of programs) {
    const began = performance.now();
    const before = await childrenSeconds();
    await ensureTool(program, () => {});
    const processor = (await childrenSeconds()) - before;
    process.stdout.write(
      `${JSON.stringify({ program, wall: (performance.now() - began) / 1000, processor })}\n`,
    );
  }
}

void main();
