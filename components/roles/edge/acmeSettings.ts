import { z } from "zod";
import { isHostName } from "../../settings/hostNames";
import { choice, flag, text } from "../../settings/leaves";
import type { SettingsProblem } from "../../settings/problems";
import type { Rule } from "../../settings/rules";

/** Certificates that the pair asks an ACME server for. */
export interface AcmeSettings {
  readonly enabled: boolean;
  /** URL of the server's directory. */
  readonly directory: string;
  /** Whom the authority may write to. @default - nobody */
  readonly email?: string | undefined;
  /** PEM of the authority by which the server's own certificate is checked. @default - those of the system */
  readonly root?: string | undefined;
  /** How the authority sees whose names they are. @default "http" */
  readonly challenge?: AcmeChallenge | undefined;
  /** Wildcards that the certificate speaks for too, by the challenge dns. @default - none */
  readonly wildcards?: readonly string[] | undefined;
}

/** What the authority looks at before it issues. */
export const AcmeChallenge = {
  /** An answer under the name itself, through the address that it leads to. */
  Http: "http",
  /** A record under the name, in a zone at Hetzner: for wildcards, and for names that do not lead here. */
  Dns: "dns",
} as const;
export type AcmeChallenge = (typeof AcmeChallenge)[keyof typeof AcmeChallenge];

const mostWildcards = 20;

export function isWildcard(value: string): boolean {
  return value.startsWith("*.") && isHostName(value.slice(2));
}

/** Let's Encrypt, production. */
export const defaultDirectory = "https://acme-v02.api.letsencrypt.org/directory";

/** The answers carry what is believed, so nothing but HTTPS will do. */
export function isDirectory(value: string): boolean {
  return /^https:\/\/[^\s@?#]+$/.test(value) && URL.canParse(value);
}

export function isEmail(value: string): boolean {
  return /^[^\s@,;"'<>]+@[^\s@,;"'<>.]+(?:\.[^\s@,;"'<>.]+)+$/.test(value);
}

/** Certificates alone: of a private key there is no need. */
export function isRoot(value: string): boolean {
  return value.includes("-----BEGIN CERTIFICATE-----") && !value.includes("PRIVATE KEY-----");
}

export const directoryAllowed = "the https:// URL of an ACME directory";
export const emailAllowed = "an address: ops@example.com";
export const wildcardAllowed = "a wildcard: *.example.com";
export const rootAllowed = "PEM text with certificates and no private key";

/** Whether somebody's value is one, where no schema has judged it. */
export function isAcme({
  directory,
  email,
  root,
  challenge,
  wildcards = [],
}: Partial<AcmeSettings>): boolean {
  const challenges: readonly unknown[] = Object.values(AcmeChallenge);
  return (
    (challenge === undefined || challenges.includes(challenge)) &&
    wildcards.length <= mostWildcards &&
    wildcards.every(isWildcard) &&
    (wildcards.length === 0 || challenge === AcmeChallenge.Dns) &&
    (directory === undefined || isDirectory(directory)) &&
    (email === undefined || isEmail(email)) &&
    (root === undefined || isRoot(root))
  );
}

export const acmeShape = z
  .strictObject({
    enabled: flag()
      .describe(
        "The pair asks for its certificate itself when the stack has none, and accepts the terms of the authority",
      )
      .default(true),
    directory: text(isDirectory, {
      allowed: directoryAllowed,
      remedy: "write the URL of the directory; leave it out for Let's Encrypt",
      standIn: defaultDirectory,
    })
      .describe("Directory of the ACME server")
      .default(defaultDirectory),
    email: text(isEmail, { allowed: emailAllowed, remedy: "write one address, or leave it out" })
      .describe("Whom the authority may write to")
      .meta({ fallback: "nobody" })
      .optional(),
    root: text(isRoot, { allowed: rootAllowed, remedy: "write the root of the ACME server as PEM" })
      .describe("PEM of the authority by which a private ACME server's own certificate is checked")
      .meta({ fallback: "those of the system" })
      .optional(),
    challenge: choice(Object.values(AcmeChallenge), "a challenge")
      .describe(
        "How the authority sees whose the names are: an answer under each name, or a TXT record in a zone at Hetzner, which dnsToken may change",
      )
      .meta({ fallback: "http" })
      .optional(),
    wildcards: z
      .array(text(isWildcard, { allowed: wildcardAllowed, remedy: "write *. and a domain" }))
      .max(mostWildcards)
      .meta({
        description: "Wildcards that the certificate speaks for too: *.example.com; with challenge dns",
        fallback: "none",
      })
      .optional(),
  })
  .prefault({})
  .meta({ description: "Certificates by ACME, for the domain and the hosts of services" });

/** What the rule looks at. */
export interface ChallengeInput {
  readonly settings: { readonly edge: { readonly acme: AcmeSettings } };
  readonly given: { readonly dnsToken?: unknown };
}

/** Who may change the zone, and only where somebody must. */
export const challengeRule: Rule<ChallengeInput> = {
  reads: ["edge.acme", "dnsToken"],
  check: ({ settings, given }) => challengeProblems(settings.edge.acme, given.dnsToken),
};

function challengeProblems(
  { enabled, challenge, wildcards = [] }: AcmeSettings,
  token: unknown,
): readonly SettingsProblem[] {
  if (enabled && challenge === AcmeChallenge.Dns) {
    if (token !== undefined) return [];
    return [
      {
        path: "dnsToken",
        value: "nothing",
        allowed: "an API token for the zone with edge.acme.challenge: dns",
        remedy:
          "create one with read and write access in the project of the zone, best one that has nothing else, and run: pulumi config set --secret dnsToken",
      },
    ];
  }
  const onlyDns = "with edge.acme.challenge: dns alone";
  const remedy = "set edge.acme.challenge: dns, or remove it";
  return [
    ...(wildcards.length === 0
      ? []
      : [
          {
            path: "edge.acme.wildcards",
            value: wildcards.join(", "),
            allowed: `none: they are issued ${onlyDns}`,
            remedy,
          },
        ]),
    ...(token === undefined
      ? []
      : [{ path: "dnsToken", value: "a token that nobody uses", allowed: `a token ${onlyDns}`, remedy }]),
  ];
}
