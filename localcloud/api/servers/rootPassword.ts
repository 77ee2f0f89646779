// Root passwords. The client sees one once; what is stored and handed to the machine is its SHA-512 crypt hash.
import { createHash, randomBytes } from "node:crypto";

const ROUNDS = 5000;
const ALPHABET = "./0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";

/** Twenty characters, as Hetzner's: easy to type, impossible to guess. */
export const newRootPassword = () => randomBytes(15).toString("base64url");

export function newSalt(): string {
  return [...randomBytes(16)].map((byte) => ALPHABET[byte % 64]).join("");
}

/**
 * `$6$salt$hash` for /etc/shadow, by the steps of the SHA-crypt specification
 * (https://www.akkadia.org/drepper/SHA-crypt.txt). Node has no crypt(3).
 */
export function passwordHash(password: string, salt: string): string {
  const [key, saltBytes] = [Buffer.from(password), Buffer.from(salt)];
  const sequence = (digest: Buffer, length: number) =>
    Buffer.concat(Array.from({ length: Math.ceil(length / 64) }, () => digest)).subarray(0, length);
  const alternate = sha512(key, saltBytes, key);
  let digest = sha512(key, saltBytes, sequence(alternate, key.length), ...lengthBits(key, alternate));
  const p = sequence(sha512(...repeat(key, key.length)), key.length);
  const s = sequence(sha512(...repeat(saltBytes, 16 + (digest[0] ?? 0))), saltBytes.length);
  for (let round = 0; round < ROUNDS; round++) {
    digest = sha512(
      round % 2 === 1 ? p : digest,
      ...(round % 3 === 0 ? [] : [s]),
      ...(round % 7 === 0 ? [] : [p]),
      round % 2 === 1 ? digest : p,
    );
  }
  return `$6$${salt}$${encode(digest)}`;
}

function sha512(...parts: readonly Buffer[]): Buffer {
  const hash = createHash("sha512");
  for (const part of parts) hash.update(part);
  return hash.digest();
}

const repeat = (part: Buffer, times: number) => Array.from({ length: times }, () => part);

/** For each bit of the key's length: the alternate digest where it is set, the key where it is not. */
function lengthBits(key: Buffer, alternate: Buffer): Buffer[] {
  const parts: Buffer[] = [];
  for (let length = key.length; length > 0; length >>= 1) parts.push(length % 2 === 1 ? alternate : key);
  return parts;
}

/** Three bytes become four characters; which three goes round in steps of 21 (22 rounds, one byte is left). */
function encode(digest: Buffer): string {
  let text = "";
  let [a, b, c] = [0, 21, 42];
  for (let round = 0; round < 21; round++) {
    text += characters(((digest[a] ?? 0) << 16) | ((digest[b] ?? 0) << 8) | (digest[c] ?? 0), 4);
    [a, b, c] = [b + 1, c + 1, a + 1];
  }
  return text + characters(digest[63] ?? 0, 2);
}

function characters(value: number, count: number): string {
  return Array.from({ length: count }, (_, index) => ALPHABET[(value >> (6 * index)) & 63]).join("");
}
