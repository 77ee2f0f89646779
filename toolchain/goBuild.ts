import { join } from "node:path";
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
}

const progressEveryMilliseconds = 5_000;
const shownErrorLines = 25;

// Without cgo the result needs neither a C compiler nor a C library: it runs in a container without a base image.
const environment = { CGO_ENABLED: "0", GOWORK: "off" };

/** Go's own version and platform: part of what a built program depends on. @throws when Go is missing */
export async function goVersion(): Promise<string> {
  const result = await execa("go", ["env", "GOVERSION", "GOOS", "GOARCH"], {
    env: environment,
    reject: false,
  });
  if (result.failed) {
    throw new Error(
      `Go is needed to build the toolchain, and "go env" failed: ${result.stderr || "no such program"}. ` +
        "Install Go 1.24 or newer (https://go.dev/dl) and put it on PATH",
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
  const started = Date.now();
  const flags = buildFlags(build);
  const total = await packagesToCompile(build, flags, progress);
  const lines: string[] = [];
  let compiled = 0;
  let shown = Date.now();
  const child = execa("nice", ["-n", "5", "go", "build", "-v", ...flags, "-o", build.output, build.package], {
    cwd: build.directory,
    env: environment,
    buffer: false,
    reject: false,
    stdout: "ignore",
  });
  for await (const line of createInterface({ input: child.stderr ?? Readable.from([]) })) {
    if (/^[\w./@~-]+$/.test(line)) compiled += 1;
    else lines.push(line);
    if (Date.now() - shown < progressEveryMilliseconds) continue;
    shown = Date.now();
    const seconds = Math.round((shown - started) / 1_000);
    progress(`${build.name}: ${Math.min(compiled, total)} of ${total} packages compiled, ${seconds} s`);
  }
  const result = await child;
  if (result.failed) {
    const shownLines = lines.slice(-shownErrorLines).join("\n");
    throw new Error(
      `go build of ${build.name} in ${build.directory} failed:\n${shownLines || `exit code ${result.exitCode}`}`,
    );
  }
}

function buildFlags({ variables, tags, overlay }: GoBuild): string[] {
  const assignments = Object.entries(variables ?? {}).map(([name, value]) => ` -X ${name}=${value}`);
  return [
    `-ldflags=-s -w${assignments.join("")}`,
    "-buildvcs=false",
    ...(tags ? [`-tags=${tags.join(",")}`] : []),
    ...(overlay ? [`-overlay=${overlay}`] : []),
  ];
}

/** Also downloads the modules, so that the time of the download is not taken for that of compiling. */
async function packagesToCompile(build: GoBuild, flags: string[], progress: Progress): Promise<number> {
  progress(`${build.name}: resolving modules`);
  const format = "{{if .Stale}}{{.ImportPath}}{{end}}";
  const result = await execa("go", ["list", "-deps", "-f", format, ...flags, build.package], {
    cwd: build.directory,
    env: environment,
    reject: false,
  });
  if (result.failed) {
    const shown = result.stderr.split("\n").slice(-shownErrorLines).join("\n");
    throw new Error(`Go modules of ${join(build.directory, "go.mod")} cannot be resolved:\n${shown}`);
  }
  return result.stdout.split("\n").filter((line) => line !== "").length;
}
