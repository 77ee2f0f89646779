// A world of its own for `pulumi up`: a network namespace in which every IPv4 address is this machine, an OpenSSH
// server that runs no script, and Hetzner's API in memory. Set-ups succeed at once, so that what is left is the program,
// the engine and the providers.
import { spawn } from "node:child_process";
import { once } from "node:events";
import { chmod, mkdir, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { execa } from "execa";
import { TestCloud, TOKEN } from "../../localcloud/test/api/testCloud";
import { startSshd } from "../../toolchain/test/sshServer";

const marker = "HETZNER_PLATFORM_BENCH_WORLD";

/** Runs this process again in a network namespace of its own. @returns whether this is that process */
export async function insideWorld(): Promise<boolean> {
  if (process.env[marker] !== undefined) return true;
  const [node = "node", ...args] = [process.execPath, ...process.execArgv, ...process.argv.slice(1)];
  const child = spawn("unshare", ["--net", "--", node, ...args], {
    stdio: "inherit",
    env: { ...process.env, [marker]: "1" },
  });
  for (const signal of ["SIGINT", "SIGTERM"] as const) process.on(signal, () => undefined);
  const [code] = (await once(child, "exit")) as [number | null];
  process.exitCode = code ?? 1;
  return false;
}

export interface Api {
  readonly endpoint: string;
  readonly token: string;
}

export interface World {
  readonly folder: string;
  /** Hetzner's API with nothing in it. */
  api(): Promise<Api>;
  /** Requests to all APIs so far. */
  requests(): number;
  /** Logins by SSH so far. */
  logins(): Promise<number>;
  stop(): Promise<void>;
}

/** In a namespace of its own only: it takes port 22 of every address. */
export async function startWorld(): Promise<World> {
  for (const line of ["link set lo up", "route add local default dev lo"]) await execa("ip", line.split(" "));
  const folder = await mkdtemp(join(tmpdir(), "platform-bench-"));
  const clouds: TestCloud[] = [];
  const ssh = await startEverybody(folder);
  return {
    folder,
    api: async () => {
      const cloud = await TestCloud.start({ timeScale: 0.001 });
      clouds.push(cloud);
      const { port } = await cloud.api.listen({ host: "127.0.0.1", port: 0 });
      return { endpoint: `http://127.0.0.1:${port}/v1`, token: TOKEN };
    },
    requests: () => clouds.reduce((sum, { log }) => sum + log.length, 0),
    logins: async () => (await readFile(ssh.log, "utf8").catch(() => "")).split("\n").length - 1,
    stop: async () => {
      ssh.child.kill("SIGTERM");
      await Promise.all(clouds.map((cloud) => cloud.stop()));
      await rm(folder, { recursive: true, force: true });
    },
  };
}

/** One sshd for all addresses: it takes any key, reads the script, and answers with its host key. */
async function startEverybody(folder: string) {
  await mkdir("/run/sshd", { recursive: true, mode: 0o755 });
  const at = (name: string) => join(folder, name);
  await chmod(folder, 0o755);
  await execa("ssh-keygen", ["-q", "-t", "ed25519", "-N", "", "-C", "bench", "-f", at("host")]);
  const log = at("logins");
  const answer = `#!/bin/sh\ncat >/dev/null\necho >>${log}\ncat ${at("host.pub")}\n`;
  await writeFile(at("answer"), answer, { mode: 0o755 });
  // sshd insists that root alone can write to the command's folder and all above it.
  const keys = `/run/sshd/bench-${process.pid}`;
  await writeFile(keys, '#!/bin/sh\necho "$1 $2"\n', { mode: 0o755 });
  await writeFile(at("config"), sshdConfig(at("host"), keys, at("answer")));
  const child = await startSshd(at("config"));
  child.once("exit", () => void rm(keys, { force: true }));
  return { child, log };
}

function sshdConfig(hostKey: string, keys: string, answer: string): string {
  return `ListenAddress 0.0.0.0
Port 22
HostKey ${hostKey}
PidFile none
AuthorizedKeysFile none
AuthorizedKeysCommand ${keys} %t %k
AuthorizedKeysCommandUser root
ForceCommand ${answer}
PermitRootLogin yes
PasswordAuthentication no
KbdInteractiveAuthentication no
StrictModes no
UsePAM no
MaxStartups 200
`;
}
