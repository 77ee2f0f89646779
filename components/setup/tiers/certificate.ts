import { createHash, createPublicKey, type KeyObject, sign } from "node:crypto";
import {
  bits,
  type Der,
  explicit,
  generalizedTime,
  implicit,
  integer,
  objectId,
  octets,
  sequence,
  set,
  truth,
  utcTime,
  utf8,
} from "./der";

/** A machine as its certificates name it. */
export interface TierMachine {
  /** `prod-app1`. */
  readonly hostname: string;
  /** `app`: for clients that know a tier and not its machines. */
  readonly role: string;
  readonly privateIp: string;
}

/** Who a certificate is for. */
export interface Certified {
  /** Common name. */
  readonly name: string;
  /** Public. */
  readonly key: KeyObject;
}

/** Who signs: an ed25519 key, whose signatures are the same each time. */
export interface Signer {
  readonly name: string;
  /** Private. */
  readonly key: KeyObject;
}

interface Powers {
  /** Issuers that may stand between it and a machine's certificate. */
  readonly issuersBelow: number;
  /** Names that certificates below it may have. @default - any */
  readonly permitted?: TierMachine;
}

/** It is one day, for all that the program makes: two `up` write the same. */
const notBefore = utcTime("260101000000Z");
/** The form for "no end is known". */
const notAfter = generalizedTime("99991231235959Z");

const ed25519Signature = sequence(objectId("1.3.101.112"));

/** The certificate of an authority, as DER (RFC 5280, section 4.1). */
export function certificate(subject: Certified, signer: Signer, powers: Powers): Der {
  const subjectKey = subject.key.export({ format: "der", type: "spki" });
  const facts = [
    ed25519Signature,
    commonName(signer.name),
    sequence(notBefore, notAfter),
    commonName(subject.name),
    subjectKey,
    explicit(3, sequence(...extensions(subjectKey, signer, powers))),
  ];
  const toBeSigned = sequence(explicit(0, integer(Buffer.from([2]))), serialOf(facts), ...facts);
  return sequence(toBeSigned, ed25519Signature, bits(sign(null, toBeSigned, signer.key)));
}

/** Another one for other facts, never negative, never zero. */
function serialOf(facts: readonly Der[]): Der {
  const hash = createHash("sha256").update(Buffer.concat(facts)).digest().subarray(0, 16);
  return integer(Buffer.concat([Buffer.from([0x40 | ((hash[0] ?? 0) & 0x3f)]), hash.subarray(1)]));
}

function commonName(name: string): Der {
  return sequence(set(sequence(objectId("2.5.4.3"), utf8(name))));
}

function extensions(subjectKey: Der, signer: Signer, { issuersBelow, permitted }: Powers): Der[] {
  const length = integer(Buffer.from([issuersBelow]));
  return [
    extension("2.5.29.19", sequence(truth(), length), "critical"),
    // keyCertSign and cRLSign: the sixth and the seventh of its bits.
    extension("2.5.29.15", bits(Buffer.from([0b0000_0110]), 1), "critical"),
    extension("2.5.29.14", octets(keyId(subjectKey))),
    extension("2.5.29.35", sequence(implicit(0, keyId(publicOf(signer.key))))),
    ...(permitted === undefined ? [] : [extension("2.5.29.30", nameConstraints(permitted), "critical")]),
  ];
}

function extension(id: string, value: Der, critical?: "critical"): Der {
  return sequence(objectId(id), ...(critical === undefined ? [] : [truth()]), octets(value));
}

/** Twenty bytes of a digest (RFC 7093, method 1). */
function keyId(publicKey: Der): Buffer {
  return createHash("sha256").update(publicKey).digest().subarray(0, 20);
}

function publicOf(key: KeyObject): Der {
  return createPublicKey(key).export({ format: "der", type: "spki" });
}

/** DNS names, each with what is below it, and one address with its mask. */
function nameConstraints({ hostname, role, privateIp }: TierMachine): Der {
  const address = Buffer.from([...privateIp.split(".").map(Number), 255, 255, 255, 255]);
  const names = [hostname, role].map((name) => sequence(implicit(2, Buffer.from(name, "ascii"))));
  return sequence(explicit(0, Buffer.concat([...names, sequence(implicit(7, address))])));
}
