/**
 * The few forms of ASN.1 that a certificate is written in (DER, ITU-T X.690). Nothing here reads: what others send is
 * OpenSSL's and Go's to parse.
 */
export type Der = Buffer;

/** @param tag first byte of a value */
function tagged(tag: number, content: Buffer): Der {
  return Buffer.concat([Buffer.from([tag]), lengthOf(content.length), content]);
}

function lengthOf(bytes: number): Buffer {
  if (bytes < 0x80) return Buffer.from([bytes]);
  const hex = bytes.toString(16);
  const digits = Buffer.from(hex.padStart(hex.length + (hex.length % 2), "0"), "hex");
  return Buffer.concat([Buffer.from([0x80 | digits.length]), digits]);
}

export const sequence = (...items: readonly Der[]): Der => tagged(0x30, Buffer.concat(items));
export const set = (...items: readonly Der[]): Der => tagged(0x31, Buffer.concat(items));
export const octets = (content: Buffer): Der => tagged(0x04, content);
export const bits = (content: Buffer, unused = 0): Der =>
  tagged(0x03, Buffer.concat([Buffer.from([unused]), content]));
export const utf8 = (text: string): Der => tagged(0x0c, Buffer.from(text, "utf8"));
export const truth = (): Der => tagged(0x01, Buffer.from([0xff]));
/** `20260101000000Z`, in UTC. */
export const generalizedTime = (text: string): Der => tagged(0x18, Buffer.from(text, "ascii"));
/** The two digits of a year before 2050: `260101000000Z`. */
export const utcTime = (text: string): Der => tagged(0x17, Buffer.from(text, "ascii"));

/** A whole number that is not negative, from its bytes, the largest first. */
export function integer(bytes: Buffer): Der {
  const first = bytes.findIndex((byte) => byte !== 0);
  const digits = first === -1 ? Buffer.from([0]) : bytes.subarray(first);
  const needsSign = (digits[0] ?? 0) >= 0x80;
  return tagged(0x02, needsSign ? Buffer.concat([Buffer.from([0]), digits]) : digits);
}

/** `2.5.29.19`. */
export function objectId(dotted: string): Der {
  const [first = 0, second = 0, ...rest] = dotted.split(".").map(Number);
  return tagged(0x06, Buffer.from([first * 40 + second, ...rest.flatMap(base128)]));
}

function base128(arc: number): number[] {
  const groups = [arc & 0x7f];
  for (let left = arc >>> 7; left > 0; left >>>= 7) groups.unshift((left & 0x7f) | 0x80);
  return groups;
}

/** A field by its number: `[0] EXPLICIT` and the like. */
export const explicit = (number: number, content: Der): Der => tagged(0xa0 | number, content);
/** The same in the place of the value's own tag, for plain bytes. */
export const implicit = (number: number, content: Buffer): Der => tagged(0x80 | number, content);

/** @param label `CERTIFICATE` */
export function pem(label: string, content: Der): string {
  const lines = content.toString("base64").match(/.{1,64}/g) ?? [];
  return [`-----BEGIN ${label}-----`, ...lines, `-----END ${label}-----`, ""].join("\n");
}
