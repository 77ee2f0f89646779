import { createInterface } from "node:readline";
import { Readable } from "node:stream";
import { execa } from "execa";
import type { Progress } from "./cacheDir";

/** One program to compile. */
export interface GoBuild {
  /** Name in progress lines. */
  readonly name: string;
  /** Folder of the main module. */
  readonly directory: string;
  /** Import path, or `./folder` inside the module. */
  readonly package: string;
  /** File to write. */
  readonly output: string;
  readonly variables?: Readonly<Record<string, string>>;
  readonly tags?: readonly string[];
  /** File that maps paths of the module's folder to generated files. */
  readonly overlay?: string;
  /** The go.mod to use instead of the module's own. */
  readonly modfile?: string;
}

const progressEveryMilliseconds = 5_000;
const shownErrorLines = 25;

// Without cgo the result needs neither a C compiler nor a C library: it runs in a container without a base image.
// The compiler collects its garbage more rarely (https://go.dev/doc/gc-guide#GOGC).
const environment = { CGO_ENABLED: "0", GOWORK: "off", GOGC: "400" };

/** Go's own version and platform: part of what a built program depends on. @throws when Go is missing */
export async function goVersion(): Promise<string> {
  const result = await execa("go", ["env", "GOVERSION", "GOOS", "GOARCH"], {
    env: environment,
    reject: false,
  });
  if (result.failed) {
    throw new Error(
      `Go is needed to build the toolchain, and "go env" failed: ${result.stderr || "no such program"}. ` +
        "Install Go (https://go.dev/dl, at least the version that toolchain/go/*/go.mod name) and put it on PATH",
    );
  }
  return result.stdout.trim().split(/\s+/).join(" ");
}

/**
 * Compiles one program at low priority and reports how far it is.
 *
 * @throws with the compiler's last lines
 */
export async function goBuild(build: GoBuild, progress: Progress): Promise<void> {
  const flags = buildFlags(build);
  const total = await packagesToCompile(build, flags, progress);
  const report = throttled(progress);
  let compiled = 0;
  await go(build.directory, ["build", "-v", ...flags, "-o", build.output, build.package], (line, seconds) => {
    // -v names each package as its compilation starts; everything else is a message.
    if (!/^[\w./@~-]+$/.test(line)) return;
    compiled += 1;
    report(`${build.name}: ${Math.min(compiled, total)} of ${total} packages compiled, ${seconds} s`);
  });
}

function buildFlags({ variables, tags, overlay, modfile }: GoBuild): string[] {
  const assignments = Object.entries(variables ?? {}).map(([name, value]) => ` -X ${name}=${value}`);
  return [
    `-ldflags=-s -w${assignments.join("")}`,
    // The linker drops debugging information (-s -w), so the compiler need not make it.
    "-gcflags=all=-dwarf=false",
    "-buildvcs=false",
    // What was compiled from a copy of a module is found again, wherever the next copy lies.
    "-trimpath",
    ...(tags ? [`-tags=${tags.join(",")}`] : []),
    ...(overlay ? [`-overlay=${overlay}`] : []),
    ...(modfile ? [`-modfile=${modfile}`] : []),
  ];
}

/** Also downloads the modules, so that the time of the download is not taken for that of compiling. */
async function packagesToCompile(build: GoBuild, flags: string[], progress: Progress): Promise<number> {
  progress(`${build.name}: resolving modules`);
  const report = throttled(progress);
  let downloaded = 0;
  const format = "{{if .Stale}}{{.ImportPath}}{{end}}";
  const listed = await go(
    build.directory,
    ["list", "-deps", "-f", format, ...flags, build.package],
    (line, seconds) => {
      if (!line.startsWith("go: downloading ")) return;
      downloaded += 1;
      report(`${build.name}: ${downloaded} modules downloaded, ${seconds} s`);
    },
  );
  return listed.split("\n").filter((line) => line !== "").length;
}

/**
 * Brings the modules of a package into Go's cache. Says nothing: what fails here fails again, and is told, when the
 * package is built.
 *
 * @param signal ends it early
 * @param modfile the go.mod to use instead of the module's own
 */
export async function fetchModules(
  directory: string,
  packagePath: string,
  signal: AbortSignal,
  modfile?: string,
): Promise<void> {
  const flags = modfile === undefined ? [] : [`-modfile=${modfile}`];
  const args = ["-n", "5", "go", "list", "-e", "-deps", "-f", "", ...flags, packagePath];
  await execa("nice", args, { cwd: directory, env: environment, stdio: "ignore", reject: false, signal });
}

/** Runs the go command and returns its output; each line of its messages is shown to `onLine`. */
async function go(
  directory: string,
  args: readonly string[],
  onLine: (line: string, seconds: number) => void,
): Promise<string> {
  const started = Date.now();
  const last: string[] = [];
  const child = execa("nice", ["-n", "10", "go", ...args], {
    cwd: directory,
    env: environment,
    reject: false,
  });
  for await (const line of createInterface({ input: child.stderr ?? Readable.from([]) })) {
    last.push(line);
    if (last.length > shownErrorLines) last.shift();
    onLine(line, Math.round((Date.now() - started) / 1_000));
  }
  const result = await child;
  if (result.failed) {
    const message = last.join("\n") || `exit code ${result.exitCode}`;
    throw new Error(`go ${args[0]} of ${args.at(-1)} in ${directory} failed:\n${message}`);
  }
  return result.stdout;
}

function throttled(progress: Progress): Progress {
  let shown = Date.now();
  return (line) => {
    if (Date.now() - shown < progressEveryMilliseconds) return;
    shown = Date.now();
    progress(line);
  };
}
