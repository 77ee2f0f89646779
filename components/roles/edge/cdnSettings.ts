import { z } from "zod";
import { text } from "../../settings/leaves";
import type { SettingsProblem } from "../../settings/problems";
import { isNetworkCidr } from "../../settings/ranges";
import type { Rule } from "../../settings/rules";

/** A CDN in front of the load balancers. */
export interface CdnSettings {
  /** Where it asks from, IPv4 and IPv6: `173.245.48.0/20`. Nobody else is answered. */
  readonly ranges: readonly string[];
  /** Header in which it says who asks. */
  readonly clientHeader: string;
  /** Header with which it shows the secret `originSecret`, where the stack has one. */
  readonly secretHeader: string;
}

export const defaultClientHeader = "X-Forwarded-For";
export const defaultSecretHeader = "X-Origin-Secret";

/** As many sources has a rule of Hetzner's firewall. */
const mostRanges = 100;

export const rangesAllowed = `1 to ${mostRanges} networks in CIDR form: 173.245.48.0/20`;
export const headerAllowed = "the name of a header: letters, digits and hyphens";
export const secretAllowed = "16 to 128 letters, digits, hyphens and underscores";

export function isHeaderName(value: string): boolean {
  return /^[A-Za-z][A-Za-z0-9-]{0,62}$/.test(value);
}

export function isOriginSecret(value: string): boolean {
  return /^[A-Za-z0-9_-]{16,128}$/.test(value);
}

/** Whether somebody's value is one, where no schema has judged it. */
export function isCdn({ ranges, clientHeader, secretHeader }: Partial<CdnSettings>): boolean {
  const headers = [clientHeader, secretHeader].filter((name) => name !== undefined);
  return (
    ranges !== undefined &&
    ranges.length > 0 &&
    ranges.length <= mostRanges &&
    ranges.every(isNetworkCidr) &&
    headers.every(isHeaderName)
  );
}

const header = (description: string, fallback: string) =>
  text(isHeaderName, { allowed: headerAllowed, remedy: "write the header's name without the colon" })
    .describe(description)
    .default(fallback);

const range = text(isNetworkCidr, {
  allowed: "a network in CIDR form: 173.245.48.0/20",
  remedy: "write the networks that the CDN publishes, one an entry",
});

export const cdnShape = z
  .strictObject({
    ranges: z
      .array(range)
      .default([])
      .meta({ description: "Networks that the CDN asks from", fallback: "none; at least one is required" }),
    clientHeader: header("Header in which the CDN says who asks", defaultClientHeader),
    secretHeader: header("Header with which the CDN shows originSecret", defaultSecretHeader),
  })
  .optional()
  .meta({ description: "A CDN in front: nobody else is answered (docs/operations.md)", fallback: "none" });

/** What the rule looks at. */
export interface CdnInput {
  readonly settings: { readonly edge: { readonly cdn?: CdnSettings | undefined } };
  readonly given: { readonly originSecret?: unknown };
}

export const cdnRule: Rule<CdnInput> = {
  reads: ["edge.cdn", "originSecret"],
  check: ({ settings, given }) => cdnProblems(settings.edge.cdn, given.originSecret),
};

function cdnProblems(cdn: CdnSettings | undefined, secret: unknown): readonly SettingsProblem[] {
  if (cdn === undefined) {
    if (secret === undefined) return [];
    const allowed = "a secret beside edge.cdn";
    const remedy = "write the CDN's networks under edge.cdn.ranges, or remove the secret";
    return [{ path: "originSecret", value: "a secret that nobody shows", allowed, remedy }];
  }
  const { ranges } = cdn;
  const isFew = ranges.length > 0 && ranges.length <= mostRanges;
  const problem = {
    path: "edge.cdn.ranges",
    value: ranges.length === 0 ? "none" : `${ranges.length} networks`,
    allowed: rangesAllowed,
    remedy: "write the networks that the CDN publishes, those next to each other as one",
  };
  return isFew ? [] : [problem];
}
