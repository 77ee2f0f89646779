// Root passwords. The client sees one once; what is stored and handed to the machine is its SHA-512 crypt hash.
import { hash, randomBytes } from "node:crypto";

/** The specification's own number. */
const defaultRounds = 5000;
/**
 * Its least number, for passwords that are random: 120 bits are not guessed however fast a guess is, and a request
 * would wait 9 ms for the default.
 */
const roundsOfRandom = 1000;
const alphabet = "./0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";

/** Twenty characters, as Hetzner's: easy to type, impossible to guess. */
export const newRootPassword = () => randomBytes(15).toString("base64url");

export const rootPasswordHash = (password: string) => passwordHash(password, newSalt(), roundsOfRandom);

export function newSalt(): string {
  return [...randomBytes(16)].map((byte) => alphabet[byte % 64]).join("");
}

/**
 * `$6$salt$hash` or `$6$rounds=1000$salt$hash` for /etc/shadow, by the steps of the SHA-crypt specification
 * (https://www.akkadia.org/drepper/SHA-crypt.txt). Node has no crypt(3).
 */
export function passwordHash(password: string, salt: string, rounds = defaultRounds): string {
  const key = Buffer.from(password).toString("latin1");
  const alternate = sha512(key + salt + key);
  let digest = sha512(key + salt + sequence(alternate, key.length) + lengthBits(key, alternate));
  const p = sequence(sha512(key.repeat(key.length)), key.length);
  const s = sequence(sha512(salt.repeat(16 + digest.charCodeAt(0))), salt.length);
  for (let round = 0; round < rounds; round++) {
    const middle = (round % 3 === 0 ? "" : s) + (round % 7 === 0 ? "" : p);
    digest = sha512(round % 2 === 1 ? p + middle + digest : digest + middle + p);
  }
  const given = rounds === defaultRounds ? "" : `rounds=${rounds}$`;
  return `$6$${given}${salt}$${encode(Buffer.from(digest, "latin1"))}`;
}

/** Bytes as characters up to 255: a buffer for each of thousands of rounds would cost four times as much. */
const sha512 = (bytes: string): string => hash("sha512", Buffer.from(bytes, "latin1"), "binary");

const sequence = (digest: string, length: number) => digest.repeat(Math.ceil(length / 64)).slice(0, length);

/** For each bit of the key's length: the alternate digest where it is set, the key where it is not. */
function lengthBits(key: string, alternate: string): string {
  let bytes = "";
  for (let length = key.length; length > 0; length >>= 1) bytes += length % 2 === 1 ? alternate : key;
  return bytes;
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
  return Array.from({ length: count }, (_, index) => alphabet[(value >> (6 * index)) & 63]).join("");
}
