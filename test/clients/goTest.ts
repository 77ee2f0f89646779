// Runs the tests of a Go module and reads what `go test -json` says about each.
import { execa } from "execa";
import { z } from "zod";

export interface GoTestResult {
  /** `TestServer/get_by_id`. */
  readonly name: string;
  readonly outcome: "pass" | "fail" | "skip";
  readonly output: string;
}

const eventSchema = z.object({
  Action: z.string(),
  Test: z.string().optional(),
  Output: z.string().optional(),
});

// As the toolchain builds: neither a C compiler nor another workspace has a part in it.
const environment = { CGO_ENABLED: "0", GOWORK: "off", GOFLAGS: "-mod=readonly -buildvcs=false" };

/** Downloads and compiles the tests of a module, so that running them takes no longer than they do. @throws when Go is missing */
export async function compileGoTests(directory: string): Promise<void> {
  await execa("go", ["test", "-count=1", "-run=^$", "-vet=off", "-exec=true", "./..."], {
    cwd: directory,
    env: environment,
  });
}

/** @throws when the tests do not compile */
export async function runGoTests(directory: string, env: Record<string, string>): Promise<GoTestResult[]> {
  const { stdout, stderr } = await execa("go", ["test", "-count=1", "-vet=off", "-json", "./..."], {
    cwd: directory,
    env: { ...environment, ...env },
    reject: false,
  });
  const events = stdout
    .split("\n")
    .filter((line) => line.startsWith("{"))
    .map((line) => eventSchema.parse(JSON.parse(line)));
  const results = resultsOf(events);
  if (results.length === 0) throw new Error(`go test said nothing about any test:\n${stdout}\n${stderr}`);
  return results;
}

function resultsOf(events: readonly z.output<typeof eventSchema>[]): GoTestResult[] {
  const output = new Map<string, string>();
  const results: GoTestResult[] = [];
  for (const { Action: action, Test: name, Output: text } of events) {
    if (name === undefined) continue;
    if (text !== undefined) output.set(name, (output.get(name) ?? "") + text);
    if (action === "pass" || action === "fail" || action === "skip") {
      results.push({ name, outcome: action, output: output.get(name) ?? "" });
    }
  }
  return results;
}
