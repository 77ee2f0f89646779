// A machine of the local cloud to look around on, while the programs of the platform are still being compiled.
import { mkdir, readFile, rm } from "node:fs/promises";
import { connect } from "node:net";
import { join } from "node:path";
import { setTimeout as pause } from "node:timers/promises";
import { execa } from "execa";
import { type CloudClient, cloudClient } from "./cloudClient";

/** It goes when `pulumi up` begins: the platform's own machines need the memory, and nobody is asked to delete it. */
export interface FirstMachine {
  /** A command that opens a shell on it. */
  readonly ssh: string;
  /** Deletes it. Safe to call again. */
  remove(): Promise<void>;
}

export const firstMachineName = "first-machine";

/**
 * Creates it and waits until its SSH server greets.
 *
 * @param folder for its key
 * @throws what the API refuses
 */
export async function startFirstMachine(
  endpoint: string,
  token: string,
  folder: string,
): Promise<FirstMachine> {
  const api = cloudClient(endpoint, token);
  await removeFirstMachine(api);
  const key = await newKey(folder);
  const { ssh_key } = (await api("POST", "/ssh_keys", {
    name: firstMachineName,
    public_key: key.publicKey,
  })) as { ssh_key: { id: number } };
  const { server } = (await api("POST", "/servers", {
    name: firstMachineName,
    server_type: "cx23",
    image: "debian-13",
    location: "fsn1",
    ssh_keys: [ssh_key.id],
  })) as { server: { public_net: { ipv4: { ip: string } } } };
  const address = server.public_net.ipv4.ip;
  await greets(address);
  const options = "-o StrictHostKeyChecking=no -o UserKnownHostsFile=/dev/null";
  return { ssh: `ssh -i ${key.file} ${options} root@${address}`, remove: () => removeFirstMachine(api) };
}

/** Also what an interrupted run left. */
async function removeFirstMachine(api: CloudClient): Promise<void> {
  for (const [path, list] of [
    ["/servers", "servers"],
    ["/ssh_keys", "ssh_keys"],
  ] as const) {
    const found = (await api("GET", `${path}?name=${firstMachineName}`)) as
      | Record<string, { id: number }[]>
      | undefined;
    if (found === undefined) throw new Error(`the API knows no ${path}`);
    for (const { id } of found[list] ?? []) {
      await api("DELETE", `${path}/${id}`);
      while ((await api("GET", `${path}/${id}`)) !== undefined) await pause(100);
    }
  }
}

async function newKey(folder: string): Promise<{ file: string; publicKey: string }> {
  const file = join(folder, "id_ed25519");
  await rm(folder, { recursive: true, force: true });
  await mkdir(folder, { recursive: true, mode: 0o700 });
  await execa("ssh-keygen", ["-q", "-t", "ed25519", "-N", "", "-C", firstMachineName, "-f", file]);
  return { file, publicKey: (await readFile(`${file}.pub`, "utf8")).trim() };
}

/** Minutes on a machine that compiles: 2 are far more than a boot takes. */
async function greets(address: string): Promise<void> {
  for (const deadline = Date.now() + 120_000; Date.now() < deadline; await pause(200)) {
    const greeted = await new Promise<boolean>((resolve) => {
      const socket = connect({ host: address, port: 22, timeout: 2_000 });
      socket.once("data", () => resolve(true));
      for (const event of ["error", "close", "timeout"]) socket.once(event, () => resolve(false));
      socket.once("data", () => socket.destroy());
    });
    if (greeted) return;
  }
  throw new Error(`${firstMachineName} (${address}) has no SSH after two minutes`);
}
