import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";

const files: Readonly<Record<string, string>> = {
  "tsconfig.build.json": JSON.stringify({
    compilerOptions: { declaration: true, outDir: "dist", rootDir: ".", strict: true, types: [] },
    include: ["components"],
  }),
  "components/hidden.ts": "interface Hidden { n: number }\nexport const make = (): Hidden => ({ n: 1 });\n",
  "components/index.ts": 'import { make } from "./hidden";\nexport const one = make();\n',
};

/** A package that exports something of a type which it keeps to itself. */
export async function unnamedTypeProject(): Promise<{ folder: string; remove(): Promise<void> }> {
  const folder = await mkdtemp(join(tmpdir(), "package-surface-"));
  await mkdir(join(folder, "components"));
  for (const [path, content] of Object.entries(files)) await writeFile(join(folder, path), content);
  return { folder, remove: () => rm(folder, { recursive: true }) };
}
