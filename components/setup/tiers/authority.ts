import { createECDH, createPrivateKey, createPublicKey, hkdfSync, type KeyObject } from "node:crypto";
import { type Certified, certificate, type Signer, type TierMachine } from "./certificate";

/** All by which a machine is known to the others. */
export interface MachineAuthority {
  /** What others trust. Its key never leaves the program. */
  readonly certificate: string;
  /** What the machine signs its own short-lived certificates with. */
  readonly issuer: {
    readonly certificate: string;
    /** Secret. */
    readonly key: string;
  };
}

/**
 * The private authority of one machine.
 *
 * Each machine has one of its own, and trusts those of the machines that it speaks with and no others: the list follows
 * from the plan. So nobody who gets into one machine can pretend to be another, and a machine that has left the plan is
 * believed by nobody after the next `up`, which one authority for all could only do with lists of revoked certificates.
 * Below it stands an issuer, which may speak for the machine's own names alone (name constraints, RFC 5280 4.2.1.10)
 * and make no further issuers; with that the machine makes its certificates itself, so their renewal needs no `up`.
 *
 * Everything follows from one secret in the state and from the machine's names: ed25519 signs the same twice, so a
 * second `up` sees the same text. The issuer is P-256, because PostgreSQL finds no digest for channel binding in a
 * certificate that ed25519 has signed. Neither of the two ends by itself (RFC 5280 4.1.2.5): what is short-lived are
 * the certificates below.
 *
 * OpenSSL, Go and Node judge the certificates in the tests.
 *
 * @param seed 32 random bytes, base64. Secret
 * @throws when the seed has another length
 */
export function machineAuthority(seed: string, machine: TierMachine): MachineAuthority {
  const { root, by } = rootOf(seed, machine);
  const issuerKey = p256(derived(seed, `issuer of ${machine.hostname}`, 48));
  const issuer: Certified = { name: `${machine.hostname} issuer`, key: createPublicKey(issuerKey) };
  return {
    certificate: rootCertificate(root, by),
    issuer: {
      certificate: certificate(issuer, by, { issuersBelow: 0, permitted: machine }),
      key: issuerKey.export({ format: "pem", type: "pkcs8" }).toString(),
    },
  };
}

/** What others trust of a machine, alone: each machine has those of all its neighbours. @throws as `machineAuthority` */
export function authorityCertificate(seed: string, machine: TierMachine): string {
  const { root, by } = rootOf(seed, machine);
  return rootCertificate(root, by);
}

function rootCertificate(root: Certified, by: Signer): string {
  return certificate(root, by, { issuersBelow: 1 });
}

function rootOf(seed: string, { hostname }: TierMachine) {
  const key = ed25519(derived(seed, `authority of ${hostname}`, 32));
  const root: Certified = { name: `${hostname} authority`, key: createPublicKey(key) };
  return { root, by: { name: root.name, key } };
}

/** @throws when the seed is not 32 bytes */
function derived(seed: string, purpose: string, bytes: number): Buffer {
  const secret = Buffer.from(seed, "base64");
  if (secret.length !== 32)
    throw new Error(`the seed of the private authorities must be 32 bytes, got ${secret.length}`);
  return Buffer.from(hkdfSync("sha256", secret, "", `hetzner-platform: ${purpose}`, bytes));
}

/** What stands before the seed in a private key's DER (RFC 8410, section 7). */
const ed25519Prefix = Buffer.from("302e020100300506032b657004220420", "hex");

function ed25519(seed: Buffer): KeyObject {
  return createPrivateKey({ key: Buffer.concat([ed25519Prefix, seed]), format: "der", type: "pkcs8" });
}

const p256Order = 0xffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632551n;

/** 16 bytes more than the order has leave no number more likely than others (FIPS 186-5, A.2.1). */
function p256(random: Buffer): KeyObject {
  const scalar = (BigInt(`0x${random.toString("hex")}`) % (p256Order - 1n)) + 1n;
  const secret = Buffer.from(scalar.toString(16).padStart(64, "0"), "hex");
  const curve = createECDH("prime256v1");
  curve.setPrivateKey(secret);
  const point = curve.getPublicKey().subarray(1);
  const [x = "", y = "", d = ""] = [point.subarray(0, 32), point.subarray(32), secret].map((part) =>
    part.toString("base64url"),
  );
  return createPrivateKey({ key: { kty: "EC", crv: "P-256", d, x, y }, format: "jwk" });
}
