import { createPrivateKey, type KeyObject, X509Certificate } from "node:crypto";
import type { SettingsProblem } from "../../settings/problems";
import type { Rule } from "../../settings/rules";
import { allNames, type NamedSettings, visitorNames } from "../../settings/visitorNames";

/** What the rule looks at. */
export interface CertificateInput {
  readonly settings: NamedSettings;
  readonly given: { readonly certificate?: unknown };
}

/** What a certificate must be for both load balancers to start with it, and for browsers to take it. */
export const certificateRule: Rule<CertificateInput> = {
  reads: ["certificate", "domain"],
  check: certificateProblems,
};

interface Pair {
  readonly certificate: X509Certificate;
  readonly key: KeyObject;
}

type Complaint = Omit<SettingsProblem, "path">;

function certificateProblems({ settings, given }: CertificateInput): readonly SettingsProblem[] {
  const text = given.certificate;
  if (typeof text !== "string") return [];
  const pair = readPem(text);
  const complaint =
    pair === undefined
      ? unreadable(text)
      : (pairComplaint(pair) ??
        nameComplaint(pair.certificate, allNames(visitorNames(settings))) ??
        timeComplaint(pair.certificate));
  return complaint === undefined ? [] : [{ path: "certificate", ...complaint }];
}

function unreadable(text: string): Complaint {
  if (/BEGIN ENCRYPTED PRIVATE KEY|Proc-Type: 4,ENCRYPTED/.test(text)) {
    return {
      value: "a private key with a passphrase",
      allowed: "a key without: load balancers start when nobody is there to type it",
      remedy: "take the passphrase off (openssl pkey -in FILE), and let the secret be the file's protection",
    };
  }
  return {
    value: "text that is no readable PEM",
    allowed: "PEM with certificate, chain and private key",
    remedy: "set the whole file",
  };
}

/** The least that nginx on Debian 13 starts with: OpenSSL's security level 2 asks for 112 bits. */
const leastRsaBits = 2048;
const leastCurve = "secp224r1";
const weakCurves: readonly (string | undefined)[] = ["prime192v1", "secp192k1", "secp160r1", "secp128r1"];

function pairComplaint({ certificate, key }: Pair): Complaint | undefined {
  if (!certificate.checkPrivateKey(key)) {
    return {
      value: "a key of another certificate",
      allowed: "certificate and private key of one pair, before its chain",
      remedy: "set the matching key, and the domain's certificate as the first one",
    };
  }
  const { modulusLength, namedCurve } = key.asymmetricKeyDetails ?? {};
  const isWeak = (modulusLength ?? leastRsaBits) < leastRsaBits || weakCurves.includes(namedCurve);
  if (!isWeak) return undefined;
  return {
    value: `a key of ${modulusLength === undefined ? namedCurve : `${modulusLength} bits`}`,
    allowed: `RSA from ${leastRsaBits} bits up, or a curve from ${leastCurve} up: nothing less is served`,
    remedy: "have a certificate issued for a longer key",
  };
}

/** Browsers read the alternative names alone. */
function nameComplaint(
  certificate: X509Certificate,
  [domain, ...hosts]: readonly [string, ...string[]],
): Complaint | undefined {
  const isFor = (name: string) => certificate.checkHost(name, { subject: "never" }) !== undefined;
  const missing = hosts.filter((host) => !isFor(host));
  if (isFor(domain) && missing.length === 0) return undefined;
  if (isFor(domain)) {
    return {
      value: `a certificate for ${certificate.subjectAltName}`,
      allowed: `one for ${missing.join(" and ")} too, where services answer`,
      remedy: "have these names added to it, or take the services' host away",
    };
  }
  return {
    value: `a certificate for ${certificate.subjectAltName ?? `no alternative name, only ${certificate.subject}`}`,
    allowed: `one for domain ${domain}`,
    remedy: "set the domain's certificate",
  };
}

// Texts, because X509Certificate.validToDate is younger than the oldest Node that the package supports.
function timeComplaint({ validFrom, validTo }: X509Certificate): Complaint | undefined {
  const allowed = "a certificate that is valid today";
  if (Date.parse(validTo) < Date.now())
    return { value: `one that ended ${validTo}`, allowed, remedy: "renew it" };
  if (Date.parse(validFrom) <= Date.now()) return undefined;
  const remedy = "set the one of today, or look at this machine's clock";
  return { value: `one that begins ${validFrom}`, allowed, remedy };
}

/**
 * The first certificate and its key, when every certificate can be read. Only what reads the text may fail: any other
 * error is a fault of this program and must show itself.
 */
function readPem(text: string): Pair | undefined {
  const blocks = text.match(/-----BEGIN CERTIFICATE-----[\s\S]*?-----END CERTIFICATE-----/g) ?? [];
  try {
    const [certificate] = blocks.map((block) => new X509Certificate(block));
    return certificate === undefined ? undefined : { certificate, key: createPrivateKey(text) };
  } catch {
    return undefined;
  }
}
