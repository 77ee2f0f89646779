// Lets Node read the program's TypeScript: Pulumi.yaml names it in `runtime.options.nodeargs`. Pulumi's own way checks
// all types at each `up`, which takes longer than everything else that finds nothing to change; here `npm run check`
// does. Whoever imports the package from npm gets JavaScript and none of this.
const { createHash } = require("node:crypto");
const { globSync, mkdirSync, readFileSync, renameSync, writeFileSync } = require("node:fs");
const { enableCompileCache, SourceMap } = require("node:module");
const { dirname, join } = require("node:path");

const root = dirname(__dirname);
const cache = join(root, "node_modules", ".cache", "hetzner-platform");
const kept = join(cache, "program.json");

enableCompileCache(join(cache, "v8"));

let program;
require.extensions[".ts"] = (module, file) => {
  if (program === undefined) {
    program = compiled();
    // Pulumi has put its own there by now.
    Error.prepareStackTrace = stackWriter(program);
  }
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

/**
 * Stacks that name lines of the sources. Of each resource the SDK asks for the whole stack that made it, and what it
 * loads for that clones every frame anew: 4 ms for each resource, more than all else that the program does for it.
 * Machines are made by the same lines, so here a frame is looked up once.
 */
function stackWriter(texts) {
  const maps = new Map();
  const known = new Map();
  const mapOf = (file) => {
    if (!maps.has(file)) maps.set(file, mapIn(texts.get(file)));
    return maps.get(file);
  };
  const written = (frame) => {
    if (!known.has(frame)) known.set(frame, inSource(frame, mapOf));
    return known.get(frame);
  };
  return (error, frames) =>
    [Error.prototype.toString.call(error), ...frames.map((frame) => written(String(frame)))].join(
      "\n    at ",
    );
}

function inSource(frame, mapOf) {
  return frame.replace(/([^( ]+\.ts):(\d+):(\d+)(?=\)?$)/, (place, file, line, column) => {
    const { originalLine, originalColumn } = mapOf(file)?.findEntry(line - 1, column - 1) ?? {};
    return originalLine === undefined ? place : `${file}:${originalLine + 1}:${originalColumn + 1}`;
  });
}

/** The map at the end of what was transpiled; undefined for a text that is no part of the program. */
function mapIn(text) {
  const [, encoded] = text?.split("//# sourceMappingURL=data:application/json;base64,") ?? [];
  return encoded === undefined ? undefined : new SourceMap(JSON.parse(Buffer.from(encoded, "base64")));
}
