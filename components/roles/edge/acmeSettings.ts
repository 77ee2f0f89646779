import { z } from "zod";
import { flag, text } from "../../settings/leaves";

/** Certificates that the pair asks an ACME server for. */
export interface AcmeSettings {
  readonly enabled: boolean;
  /** URL of the server's directory. */
  readonly directory: string;
  /** Whom the authority may write to. @default - nobody */
  readonly email?: string | undefined;
  /** PEM of the authority by which the server's own certificate is checked. @default - those of the system */
  readonly root?: string | undefined;
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
export const rootAllowed = "PEM text with certificates and no private key";

/** Whether somebody's value is one, where no schema has judged it. */
export function isAcme({ directory, email, root }: Partial<AcmeSettings>): boolean {
  return (
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
  })
  .prefault({})
  .meta({ description: "Certificates by ACME, for the domain and the hosts of services" });
