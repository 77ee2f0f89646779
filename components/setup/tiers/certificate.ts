import { createHash, createPublicKey, type KeyObject, sign, X509Certificate } from "node:crypto";
import { AsnConvert, OctetString } from "@peculiar/asn1-schema";
import * as x509 from "@peculiar/asn1-x509";

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

const validity = new x509.Validity({
  /** It is one day, for all that the program makes: two `up` write the same. */
  notBefore: new Date("2026-01-01T00:00:00Z"),
  /** The form for "no end is known". */
  notAfter: new Date("9999-12-31T23:59:59Z"),
});

/** RFC 8410, section 3. */
const ed25519Signature = new x509.AlgorithmIdentifier({ algorithm: "1.3.101.112" });

/** The certificate of an authority (RFC 5280, section 4.1). @returns PEM */
export function certificate(subject: Certified, signer: Signer, powers: Powers): string {
  const subjectKey = spki(subject.key);
  const facts = new x509.TBSCertificate({
    version: x509.Version.v3,
    serialNumber: serial(Buffer.alloc(20)),
    signature: ed25519Signature,
    issuer: commonName(signer.name),
    validity,
    subject: commonName(subject.name),
    subjectPublicKeyInfo: AsnConvert.parse(subjectKey, x509.SubjectPublicKeyInfo),
    extensions: new x509.Extensions(extensions(subjectKey, signer, powers)),
  });
  // Another one for other facts.
  facts.serialNumber = serial(createHash("sha256").update(der(facts)).digest());
  const signed = new x509.Certificate({
    tbsCertificate: facts,
    signatureAlgorithm: ed25519Signature,
    signatureValue: bytes(sign(null, der(facts), signer.key)),
  });
  return new X509Certificate(der(signed)).toString();
}

const der = (value: object): Buffer => Buffer.from(AsnConvert.serialize(value));
const bytes = (content: Buffer): ArrayBuffer => new Uint8Array(content).buffer;
const spki = (publicKey: KeyObject): Buffer => publicKey.export({ format: "der", type: "spki" });

/** 16 bytes, never negative, never zero. */
function serial(digest: Buffer): ArrayBuffer {
  return bytes(Buffer.concat([Buffer.from([0x40 | ((digest[0] ?? 0) & 0x3f)]), digest.subarray(1, 16)]));
}

function commonName(name: string): x509.Name {
  const value = new x509.AttributeValue({ utf8String: name });
  const attribute = new x509.AttributeTypeAndValue({ type: "2.5.4.3", value });
  return new x509.Name([new x509.RelativeDistinguishedName([attribute])]);
}

function extensions(subjectKey: Buffer, signer: Signer, { issuersBelow, permitted }: Powers) {
  const constraints = new x509.BasicConstraints({ cA: true, pathLenConstraint: issuersBelow });
  const usage = new x509.KeyUsage(x509.KeyUsageFlags.keyCertSign | x509.KeyUsageFlags.cRLSign);
  const signerKey = new x509.AuthorityKeyIdentifier({
    keyIdentifier: keyId(spki(createPublicKey(signer.key))),
  });
  return [
    extension(x509.id_ce_basicConstraints, constraints, "critical"),
    extension(x509.id_ce_keyUsage, usage, "critical"),
    extension(x509.id_ce_subjectKeyIdentifier, keyId(subjectKey)),
    extension(x509.id_ce_authorityKeyIdentifier, signerKey),
    ...(permitted === undefined
      ? []
      : [extension(x509.id_ce_nameConstraints, nameConstraints(permitted), "critical")]),
  ];
}

function extension(extnID: string, value: object, critical?: "critical"): x509.Extension {
  const extnValue = new OctetString(AsnConvert.serialize(value));
  return new x509.Extension({ extnID, critical: critical !== undefined, extnValue });
}

/** Twenty bytes of a digest (RFC 7093, method 1). */
function keyId(publicKey: Buffer): x509.KeyIdentifier {
  return new x509.KeyIdentifier(createHash("sha256").update(publicKey).digest().subarray(0, 20));
}

/** DNS names, each with what is below it, and one address with its mask. */
function nameConstraints({ hostname, role, privateIp }: TierMachine): x509.NameConstraints {
  const names = [{ dNSName: hostname }, { dNSName: role }, { iPAddress: `${privateIp}/32` }];
  const permitted = names.map((name) => new x509.GeneralSubtree({ base: new x509.GeneralName(name) }));
  return new x509.NameConstraints({ permittedSubtrees: new x509.GeneralSubtrees(permitted) });
}
