// Root's password in the files of a machine: a hash in /etc/shadow, and an sshd that takes passwords for root.
import { chown, readFile, stat } from "node:fs/promises";
import { join } from "node:path";
import { type MachineFile, writeFiles } from "./files";

const SHADOW = "/etc/shadow";

/** A SHA-512 crypt hash. Anything else could break out of its field of /etc/shadow. */
const HASH = /^\$6\$[./A-Za-z0-9]{1,16}\$[./A-Za-z0-9]{86}$/;

/** @throws when the text is no SHA-512 crypt hash */
export function requireHash(hash: string): string {
  if (!HASH.test(hash)) throw new Error("the root password's hash must be SHA-512 crypt: $6$salt$hash");
  return hash;
}

/** The content of /etc/shadow with root's password; a line for root is added where there is none. */
export function withRootPassword(shadow: string, hash: string): string {
  const today = Math.floor(Date.now() / 86_400_000);
  const lines = shadow.split("\n").filter((line) => line !== "");
  const [, , , ...ages] = lines.find((line) => line.startsWith("root:"))?.split(":") ?? [];
  const age = ages.length === 0 ? ["0", "99999", "7", "", "", ""] : ages;
  const root = ["root", requireHash(hash), String(today), ...age].join(":");
  return [root, ...lines.filter((line) => !line.startsWith("root:")), ""].join("\n");
}

/** Debian's sshd takes root's key only; Hetzner's images let root in by the password that the API returned. */
export const passwordLogin: MachineFile = {
  path: "/etc/ssh/sshd_config.d/10-root-password.conf",
  content: "PermitRootLogin yes\nPasswordAuthentication yes\n",
};

/**
 * Gives root a password in a system that was never booted, and lets it log in by it.
 *
 * @param lower whose accounts the system has
 * @param upper what is written on top of it
 */
export async function writeRootPassword(lower: string, upper: string, hash: string): Promise<void> {
  const accounts = join(lower, SHADOW);
  const content = withRootPassword(await readFile(accounts, "utf8"), hash);
  await writeFiles(upper, [{ path: SHADOW, content, mode: 0o640 }, passwordLogin]);
  // Group shadow, whatever its number is in this system.
  await chown(join(upper, SHADOW), 0, (await stat(accounts)).gid);
}
