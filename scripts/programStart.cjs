// Lets Node read the program's TypeScript: Pulumi.yaml names it in `runtime.options.nodeargs`. Pulumi's own way checks
// all types at each `up`, which takes longer than everything else that finds nothing to change; here `npm run check`
// does. Whoever imports the package from npm gets JavaScript and none of this.
const { createHash } = require("node:crypto");
const { globSync, mkdirSync, readFileSync, renameSync, writeFileSync } = require("node:fs");
const { enableCompileCache } = require("node:module");
const { dirname, join } = require("node:path");

const root = dirname(__dirname);
const cache = join(root, "node_modules", ".cache", "hetzner-platform");
const kept = join(cache, "program.json");

enableCompileCache(join(cache, "v8"));

let program;
require.extensions[".ts"] = (module, file) => {
  program ??= compiled();
  const text = program.get(file);
  if (text === undefined) throw new Error(`${file} is no part of the program: index.ts and components/ are`);
  module._compile(text, file);
};

/** JavaScript of each source by its path: of the last run, when no source has changed since. */
function compiled() {
  const sources = globSync(["index.ts", "components/**/*.ts"], { cwd: root }).sort();
  const hash = createHash("sha256").update(`${process.version} ${root}`);
  for (const source of sources)
    hash
      .update(source)
      .update("\0")
      .update(readFileSync(join(root, source)))
      .update("\0");
  const key = hash.digest("hex");
  return new Map(readKept(key) ?? keep(key, transpile(sources)));
}

function transpile(sources) {
  const { outputFiles } = require("esbuild").buildSync({
    entryPoints: sources,
    absWorkingDir: root,
    format: "cjs",
    platform: "node",
    outbase: root,
    outdir: root,
    // Errors name lines of the sources.
    sourcemap: "inline",
    sourcesContent: false,
    write: false,
  });
  return outputFiles.map(({ path, text }) => [path.replace(/\.js$/, ".ts"), text]);
}

function readKept(key) {
  try {
    const last = JSON.parse(readFileSync(kept, "utf8"));
    return last.key === key ? last.texts : undefined;
  } catch {
    return undefined;
  }
}

/** Where nothing can be written, each run transpiles. */
function keep(key, texts) {
  const partial = `${kept}.${process.pid}`;
  try {
    mkdirSync(cache, { recursive: true });
    writeFileSync(partial, JSON.stringify({ key, texts }));
    renameSync(partial, kept);
  } catch {}
  return texts;
}
