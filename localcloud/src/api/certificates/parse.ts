// What a certificate says about itself, and whether certificate, chain and key belong together. Pure.
import { createPrivateKey, type KeyObject, X509Certificate } from "node:crypto";
import { createSecureContext } from "node:tls";
import { invalidInput } from "../calls/errors";

export interface CertificateFacts {
  readonly domainNames: readonly string[];
  /** SHA-256 in upper-case hexadecimal with colons. */
  readonly fingerprint: string;
  readonly notValidBefore: string;
  readonly notValidAfter: string;
}

const certificateBlock = /-----BEGIN CERTIFICATE-----[^-]+-----END CERTIFICATE-----/g;

/**
 * Reads an uploaded certificate: PEM, the certificate first, each following one signs the one before.
 *
 * @throws invalid_input on `certificate` or `private_key`
 */
export function readCertificate(certificate: string, privateKey: string): CertificateFacts {
  const chain = readChain(certificate);
  const [leaf] = chain;
  if (leaf === undefined) throw invalidInput("certificate", "contains no certificate in PEM format");
  const key = readKey(privateKey);
  if (!leaf.checkPrivateKey(key)) throw invalidInput("private_key", "does not match the certificate");
  requireChain(chain);
  requireServable(certificate, privateKey);
  return factsOf(leaf);
}

/** Facts of a certificate in PEM that is known to be good. */
export function factsOfPem(pem: string): CertificateFacts {
  return factsOf(new X509Certificate(pem));
}

function readChain(pem: string): X509Certificate[] {
  return (pem.match(certificateBlock) ?? []).map((block, index) => {
    try {
      return new X509Certificate(block);
    } catch {
      throw invalidInput("certificate", `block ${index + 1} is no X.509 certificate`);
    }
  });
}

function readKey(pem: string): KeyObject {
  try {
    return createPrivateKey(pem);
  } catch {
    throw invalidInput("private_key", "is no unencrypted private key in PEM format");
  }
}

function requireChain(chain: readonly X509Certificate[]) {
  for (const [index, issuer] of chain.slice(1).entries()) {
    const subject = chain[index];
    if (subject === undefined || (subject.checkIssued(issuer) && subject.verify(issuer.publicKey))) continue;
    throw invalidInput("certificate", `block ${index + 2} of the chain does not certify the one before it`);
  }
}

/** OpenSSL has the last word, as it will in the proxy: it refuses short keys and old signatures. */
function requireServable(cert: string, key: string) {
  try {
    createSecureContext({ cert, key });
  } catch (error) {
    throw invalidInput("certificate", `cannot be used for TLS: ${(error as Error).message}`);
  }
}

function factsOf(leaf: X509Certificate): CertificateFacts {
  return {
    domainNames: domainNamesOf(leaf),
    fingerprint: leaf.fingerprint256,
    notValidBefore: new Date(leaf.validFrom).toISOString(),
    notValidAfter: new Date(leaf.validTo).toISOString(),
  };
}

/** DNS names of the extension; a certificate without it names its host in the subject. */
function domainNamesOf(leaf: X509Certificate): string[] {
  const names = (leaf.subjectAltName ?? "")
    .split(", ")
    .filter((entry) => entry.startsWith("DNS:"))
    .map((entry) => entry.slice("DNS:".length));
  if (names.length > 0) return names;
  const commonName = /^CN=(.+)$/m.exec(leaf.subject)?.[1];
  return commonName === undefined ? [] : [commonName];
}
