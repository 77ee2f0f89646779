import { createHmac, scryptSync } from "node:crypto";
import type { SetupFile } from "../../setup/types";
import type { ProtectedPath } from "./protectedPaths";

/** Rounds as a power of two: some milliseconds for each request with a password. */
const logRounds = 11;
const blockSize = 8;

const digits = "./0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";

/** Where nginx looks up who may reach a protected path. */
export function passwordPath(guard: string): string {
  return `/etc/platform/secrets/web-${guard}.htpasswd`;
}

/**
 * The files with the hashes of passwords. nginx's workers read them, so its group may.
 *
 * @param secrets passwords by the names of the stack's secrets
 * @throws when a name is not there
 */
export function passwordFiles(
  protectedPaths: Readonly<Record<string, ProtectedPath>>,
  secrets: Readonly<Record<string, string>>,
): SetupFile[] {
  return Object.entries(protectedPaths).flatMap(([guard, { users }]) => {
    const lines = Object.entries(users)
      .toSorted(([a], [b]) => (a < b ? -1 : 1))
      .map(([user, secret]) => {
        const password = secrets[secret];
        // Not the name: who pastes the value in its place must not read it in a log.
        if (password === undefined)
          throw new Error(`protected path ${guard}: no secret of the name that ${user} has`);
        return `${user}:${hashPassword(password, `${guard} ${user}`)}\n`;
      });
    if (lines.length === 0) return [];
    return [{ path: passwordPath(guard), content: lines.join(""), mode: "0640", group: "www-data" }];
  });
}

/**
 * A hash as crypt(3) of Debian checks it: scrypt, in the form that begins with `$7$`. The salt follows from password
 * and purpose, so that the same password gives the same file, and a second `up` changes nothing.
 */
export function hashPassword(password: string, purpose: string): string {
  const salt = encode(
    createHmac("sha256", password).update(`hetzner-platform: ${purpose}`).digest().subarray(0, 16),
  );
  const options = { N: 2 ** logRounds, r: blockSize, p: 1 };
  const hash = scryptSync(password, salt, 32, options);
  return `$7$${digits[logRounds]}${number(blockSize)}${number(1)}${salt}$${encode(hash)}`;
}

/** Thirty bits, the lowest six first. */
function number(value: number): string {
  return Array.from({ length: 5 }, (_, index) => digits[(value >> (6 * index)) & 63]).join("");
}

/** Three bytes as four digits, the lowest six bits first. */
function encode(bytes: Uint8Array): string {
  let text = "";
  for (let start = 0; start < bytes.length; start += 3) {
    const three = bytes.subarray(start, start + 3);
    const value = three.reduce((sum, byte, index) => sum | (byte << (8 * index)), 0);
    for (let index = 0; index <= three.length; index++) text += digits[(value >> (6 * index)) & 63];
  }
  return text;
}
