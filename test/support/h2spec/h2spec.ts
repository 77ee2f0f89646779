import { createHash } from "node:crypto";
import { access, mkdir, readFile, rename } from "node:fs/promises";
import { dirname, join } from "node:path";
import { cacheDir } from "../../../toolchain/cacheDir";
import { goBuild, goVersion } from "../../../toolchain/goBuild";
import { withLock } from "../../../toolchain/lock";

/**
 * Path of h2spec, the judge of HTTP/2 servers, in the newest version that is published as a Go module. Built once, in
 * some seconds.
 *
 * @throws when Go is missing or a module cannot be fetched
 */
export async function ensureH2spec(): Promise<string> {
  const sums = await readFile(join(__dirname, "go.sum"));
  const key = createHash("sha256")
    .update(sums)
    .update(await goVersion())
    .digest("hex")
    .slice(0, 8);
  const binary = cacheDir(`h2spec-${key}`, "h2spec");
  await withLock(
    cacheDir("h2spec.lock"),
    () => build(binary),
    () => {},
  );
  return binary;
}

async function build(binary: string): Promise<void> {
  const isThere = await access(binary).then(
    () => true,
    () => false,
  );
  if (isThere) return;
  await mkdir(dirname(binary), { recursive: true });
  const output = `${binary}.${process.pid}`;
  const name = "github.com/summerwind/h2spec/cmd/h2spec";
  await goBuild({ name: "h2spec", directory: __dirname, package: name, output }, () => {});
  await rename(output, binary);
}

/** What h2spec found in a server, `http2/8.1.2.3 Sends a HEADERS frame that omits ":path" ...` each, and how much it tried. */
export interface Judged {
  readonly tried: number;
  readonly failed: readonly string[];
}

/** Of its report for JUnit. @throws when there is none */
export function judgedIn(report: string): Judged {
  const cases = [
    ...report.matchAll(
      /<testcase package="([a-z0-9]+\/[\d.]+)" classname="([^"]*)"[^>]*>(.*?)<\/testcase>/gs,
    ),
  ];
  if (cases.length === 0) throw new Error(`h2spec has no report: ${report.slice(-500)}`);
  const failed = cases.filter(([, , , inside]) => /<(error|failure)/.test(inside ?? ""));
  return {
    tried: cases.length,
    failed: failed.map(([, section, title = ""]) => `${section} ${title.replaceAll("&#34;", '"')}`),
  };
}
