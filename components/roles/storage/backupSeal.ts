import { createCipheriv, createHash } from "node:crypto";

/**
 * What leaves the platform is encrypted on the storage machine, contents and names, with rclone's crypt. Each key
 * has a folder of its own on a remote, so a new key never makes the copies of an old one unreadable: they wait
 * for that key.
 */
export function sealFolder(key: string): string {
  return `${sealPrefix}${createHash("sha256").update(`fingerprint ${key}`).digest("hex").slice(0, 12)}`;
}

export const sealPrefix = "sealed-";

/** Whether somebody's own text may be the key: long enough, and typed alike everywhere. */
export function isBackupKey(text: string): boolean {
  return /^[\x21-\x7e]{20,128}$/.test(text);
}

/** What `isBackupKey` allows, in words. */
export const backupKeyRule = "20 to 128 letters, digits and signs, no spaces";

/** Values of rclone's crypt over a folder. */
export function sealValues(folder: string, key: string): Readonly<Record<string, string>> {
  return {
    type: "crypt",
    remote: `${folder}/${sealFolder(key)}`,
    // Of the encodings for remotes that know upper and lower case, the one whose names are short enough: 175 bytes.
    filename_encoding: "base64",
    password: obscured(key),
  };
}

/** Hides values from a glance only; it is published with rclone, and its own files must be in this form. */
const rcloneKey = Buffer.from("9c935b48730a554d6bfd7c63c886a92bd390198eb8128afbf4de162b8b95f638", "hex");

/** As `rclone obscure`, with an initial vector that is the same at every `up`. */
function obscured(text: string): string {
  const vector = createHash("sha256").update(`vector ${text}`).digest().subarray(0, 16);
  const cipher = createCipheriv("aes-256-ctr", rcloneKey, vector);
  return Buffer.concat([vector, cipher.update(text, "utf8"), cipher.final()]).toString("base64url");
}
