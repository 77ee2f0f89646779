// SSH to a machine that lives for minutes: a key of its own, and the host key that the first contact has learned.
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type ExecaChildProcess, execa } from "execa";
import type { Progress } from "../../toolchain/cacheDir";

export interface Shell {
  /**
   * Waits until the machine lets this key in, up to ten minutes. It learns the machine's key and sends nothing secret.
   *
   * @throws when it does not, with what ssh said last
   */
  firstContact(command: string): Promise<void>;
  /** Runs a command with a text on its standard input. @throws with the end of what it said when it fails */
  run(command: string, input: string, progress: Progress): Promise<void>;
  close(): Promise<void>;
}

const patienceMs = 600_000;

/** Runs ssh to one machine. @param trust whether a host key that is not known yet is learned */
type Ssh = (trust: "accept-new" | "yes", command: string, input: string) => ExecaChildProcess;

export async function openShell(host: string, privateKey: string, signal: AbortSignal): Promise<Shell> {
  const folder = await mkdtemp(join(tmpdir(), "platform-bake-"));
  await writeFile(join(folder, "key"), privateKey, { mode: 0o600 });
  const ssh: Ssh = (trust, command, input) =>
    execa("ssh", [...sshOptions(folder, trust), `root@${host}`, command], { input, signal, all: true });
  return {
    firstContact: (command) => firstContact(ssh, command, signal),
    run: async (command, input, progress) => {
      const child = ssh("yes", command, input);
      child.stdout?.on("data", (data: Buffer) => {
        const line = data.toString().trim().split("\n").at(-1);
        if (line !== undefined && line !== "") progress(line);
      });
      await child.catch((error: Failure) => {
        throw signal.aborted ? error : new Error(error.all || error.message);
      });
    },
    close: () => rm(folder, { recursive: true, force: true }),
  };
}

interface Failure {
  readonly message: string;
  /** Undefined when it did not come to an end by itself. */
  readonly exitCode?: number;
  /** What was said. */
  readonly all?: string;
}

function sshOptions(folder: string, trust: string): string[] {
  const options = {
    BatchMode: "yes",
    IdentitiesOnly: "yes",
    ConnectTimeout: "10",
    ServerAliveInterval: "15",
    LogLevel: "ERROR",
    UserKnownHostsFile: join(folder, "known_hosts"),
    StrictHostKeyChecking: trust,
  };
  const words = Object.entries(options).map(([name, value]) => `-o${name}=${value}`);
  return ["-F", "none", "-i", join(folder, "key"), ...words];
}

async function firstContact(ssh: Ssh, command: string, signal: AbortSignal): Promise<void> {
  for (const deadline = Date.now() + patienceMs; ; ) {
    const failure = await ssh("accept-new", command, "").then(
      () => undefined,
      (error: Failure) => error,
    );
    if (failure === undefined) return;
    if (signal.aborted) throw failure;
    // 255 is ssh's own: nobody answers yet.
    const isRefused = failure.exitCode !== undefined && failure.exitCode !== 255;
    if (isRefused || Date.now() > deadline)
      throw new Error(`first contact: ${failure.all || failure.message}`);
    await new Promise((resolve) => setTimeout(resolve, 1_000));
  }
}
