// Root's password in the files of a machine: a hash in /etc/shadow, and an sshd that takes passwords for root.
import { constants } from "node:fs";
import { chown, lstat, open, realpath, stat } from "node:fs/promises";
import { dirname, join } from "node:path";
import { type MachineFile, writeFiles } from "../linux/files";

const shadowFile = "/etc/shadow";

/** A SHA-512 crypt hash. Anything else could break out of its field of /etc/shadow. */
const hashForm = /^\$6\$(rounds=[0-9]{4,9}\$)?[./A-Za-z0-9]{1,16}\$[./A-Za-z0-9]{86}$/;

/** @throws when the text is no SHA-512 crypt hash */
export function requireHash(hash: string): string {
  if (!hashForm.test(hash)) throw new Error("the root password's hash must be SHA-512 crypt: $6$salt$hash");
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
 * Sets root's password in the upper layer of a machine that does not run.
 *
 * @param lower where /etc/shadow is read when the machine has written none of its own
 */
export async function writeRootPassword(lower: string, upper: string, hash: string): Promise<void> {
  const shadow = (await readOwn(upper, shadowFile)) ?? (await readOwn(lower, shadowFile)) ?? "";
  await writeFiles(upper, [
    { path: shadowFile, content: withRootPassword(shadow, hash), mode: 0o640 },
    passwordLogin,
  ]);
  // Group shadow, whatever its number is in this system.
  const { gid } = await stat(join(lower, shadowFile));
  await chown(join(upper, shadowFile), 0, gid);
}

/** A file below `root`; undefined when it is not there, or where a link of a guest would lead out of it. */
async function readOwn(root: string, path: string): Promise<string | undefined> {
  const file = join(root, path);
  const found = await lstat(file).catch(() => undefined);
  if (found === undefined || !found.isFile()) return undefined;
  if ((await realpath(dirname(file))) !== dirname(join(await realpath(root), path))) return undefined;
  const handle = await open(file, constants.O_RDONLY | constants.O_NOFOLLOW);
  try {
    return await handle.readFile("utf8");
  } finally {
    await handle.close();
  }
}
