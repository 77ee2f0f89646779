import { execa } from "execa";
import { whyNoLocalCloud } from "../localcloud/src/daemon/up";

/** Go that the toolchain's modules ask for. */
const goVersion = [1, 26] as const;

/** @throws one error that names everything that this machine lacks, with the remedy */
export async function refuseMissingTools(): Promise<void> {
  const problems = [whyNoLocalCloud(), await whyNoGo()].filter((problem) => problem !== undefined);
  if (problems.length > 0) throw new Error(problems.join("\n"));
}

async function whyNoGo(): Promise<string | undefined> {
  const wanted = goVersion.join(".");
  const found = await execa("go", ["env", "GOVERSION"], { reject: false });
  if (found.failed) return `Go is not on the PATH: install Go ${wanted} or newer`;
  const [major = 0, minor = 0] = found.stdout.replace(/^go/, "").split(".").map(Number);
  const enough = major > goVersion[0] || (major === goVersion[0] && minor >= goVersion[1]);
  return enough ? undefined : `Go ${found.stdout} is too old: install Go ${wanted} or newer`;
}
