// Runs a command so that all of its processor time is counted, also of what it leaves behind: ssh's kept connections.
import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { execa } from "execa";
import { childrenSeconds } from "../noChange/side";

export interface Measured {
  /** Seconds that the command took. */
  readonly wall: number;
  /** Processor seconds of it and of all that it began. */
  readonly processor: number;
  /** What it printed on both outputs. */
  readonly output: string;
}

export interface Command {
  readonly words: readonly string[];
  readonly cwd: string;
  readonly env: Readonly<Record<string, string>>;
  /** Standard input. @default - none */
  readonly input?: string;
}

/**
 * The first process of a namespace: everything that loses its parent becomes its child, and is ended and waited for.
 * What the kernel ends with the namespace would be counted nowhere.
 */
const runAndEnd = `began=$EPOCHREALTIME
"$@"
status=$?
printf '%s %s' "$began" "$EPOCHREALTIME" >&3
for signal in TERM TERM TERM KILL KILL KILL; do
  all=(/proc/[0-9]*)
  [ "\${#all[@]}" -gt 1 ] || break
  kill -s "$signal" -1 2>/dev/null
  sleep 0.05
done
exit "$status"
`.replaceAll("\\$", "$");

/**
 * @param before bash that runs before the clock does
 * @throws with the last lines that it printed when it fails
 */
export async function measured({ words, cwd, env, input = "" }: Command, before = ""): Promise<Measured> {
  const folder = await mkdtemp(join(tmpdir(), "bench-times-"));
  const times = join(folder, "times");
  const script = `exec 3>"$1"\nshift\n${before}${runAndEnd}`;
  const namespaces = ["--mount", "--pid", "--fork", "--kill-child", "--mount-proc"];
  const spent = await childrenSeconds();
  try {
    const args = [...namespaces, "--", "/bin/bash", "-c", script, "bash", times, ...words];
    const { all = "", exitCode } = await execa("unshare", args, {
      ...{ cwd, env, extendEnv: false, input, all: true, reject: false, maxBuffer: 1e9 },
    });
    if (exitCode !== 0) {
      const said = all.split("\n").slice(-40).join("\n");
      throw new Error(`${words.slice(-3).join(" ").slice(0, 200)} ended with ${exitCode}:\n${said}`);
    }
    const processor = (await childrenSeconds()) - spent;
    const [began = Number.NaN, ended = Number.NaN] = (await readFile(times, "utf8")).split(" ").map(Number);
    return { wall: ended - began, processor, output: all };
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}
