import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { chmod, mkdir, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { execa } from "execa";
import { ensureHostPackages } from "../../localcloud/src/linux/hostPackages";

/** A real OpenSSH server on a loopback port of its own, which accepts one key. */
export interface SshServer {
  readonly port: number;
  /** Public host key, as in authorized_keys. */
  readonly hostKey: string;
  /** File with the private key that may log in. */
  readonly keyFile: string;
  stop(): Promise<void>;
}

/** Starts a server that listens when the promise resolves. */
export async function startSshServer(): Promise<SshServer> {
  await ensureHostPackages(["openssh-server"]);
  const folder = await mkdtemp(join(tmpdir(), "toolchain-sshd-"));
  await chmod(folder, 0o755);
  const keyFile = join(folder, "client");
  const hostKeyFile = join(folder, "host");
  for (const file of [keyFile, hostKeyFile]) {
    await execa("ssh-keygen", ["-q", "-t", "ed25519", "-N", "", "-C", "test", "-f", file]);
  }
  const port = await freePort();
  await writeFile(join(folder, "sshd_config"), configuration(folder, port));
  const server = await startSshd(join(folder, "sshd_config"));
  return {
    port,
    keyFile,
    hostKey: (await readFile(`${hostKeyFile}.pub`, "utf8")).trim(),
    async stop() {
      server.removeAllListeners("exit");
      const ended = once(server, "exit");
      server.kill("SIGTERM");
      await ended;
      await rm(folder, { recursive: true, force: true });
    },
  };
}

/** An OpenSSH server that listens when the promise resolves. @throws with what it printed when it ends before */
export async function startSshd(configFile: string): Promise<ChildProcess> {
  // sshd as root insists on its privilege separation folder, which only its service creates.
  if (process.getuid?.() === 0) await mkdir("/run/sshd", { recursive: true, mode: 0o755 });
  const server = spawn("/usr/sbin/sshd", ["-D", "-e", "-f", configFile], {
    stdio: ["ignore", "ignore", "pipe"],
  });
  let printed = "";
  await new Promise<void>((resolve, reject) => {
    server.stderr.on("data", (data: Buffer) => {
      printed += data.toString();
      if (printed.includes("Server listening on")) resolve();
    });
    server.once("exit", () => reject(new Error(`sshd ended: ${printed}`)));
  });
  return server;
}

function configuration(folder: string, port: number): string {
  return `ListenAddress 127.0.0.1
Port ${port}
HostKey ${join(folder, "host")}
PidFile none
AuthorizedKeysFile ${join(folder, "client.pub")}
PermitRootLogin prohibit-password
PasswordAuthentication no
KbdInteractiveAuthentication no
StrictModes no
UsePAM no
`;
}

export async function freePort(): Promise<number> {
  const server = createServer().listen(0, "127.0.0.1");
  await once(server, "listening");
  const address = server.address();
  server.close();
  await once(server, "close");
  if (address === null || typeof address === "string") throw new Error("no port on 127.0.0.1");
  return address.port;
}
