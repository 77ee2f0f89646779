import { createPrivateKey, createPublicKey } from "node:crypto";

/** An ed25519 key pair in the formats that OpenSSH and Hetzner take. */
export interface DeployKey {
  /** OpenSSH private key file. Secret. */
  readonly privateKey: string;
  /** One line in authorized_keys form. */
  readonly publicKey: string;
}

/** DER header of a PKCS #8 ed25519 key; the 32 bytes of the seed follow (RFC 8410, section 7). */
const pkcs8Header = Buffer.from("302e020100300506032b657004220420", "hex");

/**
 * Derives the key pair that the program uses to set machines up, so that neither a key file nor a further
 * provider is needed.
 *
 * @param seed 32 random bytes, base64
 * @throws when the seed has another length
 */
export function deployKey(seed: string, comment: string): DeployKey {
  const bytes = Buffer.from(seed, "base64");
  if (bytes.length !== 32) throw new Error(`the seed of a deploy key must be 32 bytes, got ${bytes.length}`);
  const key = createPrivateKey({ key: Buffer.concat([pkcs8Header, bytes]), format: "der", type: "pkcs8" });
  const spki = createPublicKey(key).export({ format: "der", type: "spki" });
  const publicBytes = spki.subarray(spki.length - 32);
  const publicBlob = Buffer.concat([field("ssh-ed25519"), field(publicBytes)]);
  return {
    privateKey: opensshFile(bytes, publicBytes, publicBlob, comment),
    publicKey: `ssh-ed25519 ${publicBlob.toString("base64")} ${comment}`,
  };
}

/** Layout: https://github.com/openssh/openssh-portable/blob/master/PROTOCOL.key */
function opensshFile(seed: Buffer, publicBytes: Buffer, publicBlob: Buffer, comment: string): string {
  // The check number only has to appear twice; taking it from the public key keeps the file reproducible.
  const check = publicBytes.subarray(0, 4);
  const unpadded = Buffer.concat([
    check,
    check,
    field("ssh-ed25519"),
    field(publicBytes),
    field(Buffer.concat([seed, publicBytes])),
    field(comment),
  ]);
  const padding = Buffer.from(
    Array.from({ length: (8 - (unpadded.length % 8)) % 8 }, (_, index) => index + 1),
  );
  const file = Buffer.concat([
    Buffer.from("openssh-key-v1\0"),
    field("none"),
    field("none"),
    field(""),
    uint32(1),
    field(publicBlob),
    field(Buffer.concat([unpadded, padding])),
  ]);
  const lines = file.toString("base64").match(/.{1,70}/g) ?? [];
  return ["-----BEGIN OPENSSH PRIVATE KEY-----", ...lines, "-----END OPENSSH PRIVATE KEY-----", ""].join(
    "\n",
  );
}

function field(value: string | Buffer): Buffer {
  const bytes = Buffer.from(value);
  return Buffer.concat([uint32(bytes.length), bytes]);
}

function uint32(value: number): Buffer {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32BE(value);
  return bytes;
}
