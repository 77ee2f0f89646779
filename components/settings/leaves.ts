import { z } from "zod";
import { hostLabel, isHostName } from "./hostNames";
import { isPinnedImage } from "./imageName";
import { nearestName } from "./problems";

/** What a value must be, for the error that says so. */
export interface LeafRule {
  readonly allowed: string;
  /** What to do; a function may look at the wrong value. */
  readonly remedy: string | ((value: unknown) => string);
  /** Takes the place of a wrong required value, so that the other rules can still be checked. */
  readonly standIn?: unknown;
  /** What stands in place of the value. @default - the value */
  readonly value?: string;
  /** The value is never shown. */
  readonly secret?: boolean;
}

function leaf<T>(test: (value: unknown) => boolean, rule: LeafRule) {
  return z.custom<T>(test, { params: { rule } });
}

export function text(test: RegExp | ((value: string) => boolean), rule: LeafRule) {
  const matches = test instanceof RegExp ? (value: string) => test.test(value) : test;
  return leaf<string>((value) => typeof value === "string" && matches(value), rule);
}

export function wholeNumber(minimum: number, maximum: number, what: string) {
  const allowed = `a whole number from ${minimum} to ${maximum}`;
  const inside = (value: unknown) =>
    Number.isInteger(value) && Number(value) >= minimum && Number(value) <= maximum;
  return leaf<number>(inside, { allowed, remedy: `write ${what} without quotes, inside these limits` });
}

export function amount(what: string) {
  return leaf<number>((value) => typeof value === "number" && Number.isFinite(value) && value >= 0, {
    allowed: "a number from 0 up",
    remedy: `write ${what} as a plain number`,
  });
}

export function flag() {
  return leaf<boolean>((value) => typeof value === "boolean", {
    allowed: "true or false",
    remedy: "write it without quotes",
  });
}

export function choice<T extends string>(values: readonly T[], what: string) {
  return leaf<T>((value) => typeof value === "string" && (values as readonly string[]).includes(value), {
    allowed: `one of ${values.join(", ")}`,
    remedy: (value) => {
      const meant = typeof value === "string" ? nearestName(value, values) : undefined;
      return meant === undefined ? `choose ${what} from this list` : `did you mean ${meant}?`;
    },
  });
}

const labelPattern = new RegExp(`^${hostLabel}$`);
const urlPattern = new RegExp(
  `^https?://(?:${hostLabel}(?:\\.${hostLabel})*|\\[[0-9a-f:.]+\\])(?::[1-9]\\d{0,4})?/?$`,
  "i",
);

export function isLabel(value: string): boolean {
  return labelPattern.test(value);
}

/** Docker's limit for the name of a host, which is the service's name, a hyphen and a number of two digits. */
const longestServiceName = 63 - "-32".length;

/** A name that becomes part of host names and container names: `web-1`. `platform-` begins names in Traefik. */
export function serviceName() {
  const isFree = (value: string) => !value.startsWith("platform-") && value.length <= longestServiceName;
  return text((value) => isLabel(value) && isFree(value), {
    allowed: `1 to ${longestServiceName} lower-case letters, digits and hyphens, with a letter or digit at both ends (RFC 1123), without platform- at the beginning`,
    remedy: "rename the service",
  });
}

export function hostName() {
  return text(isHostName, {
    allowed: "a lower-case host name with a dot: www.example.com",
    remedy: "write the name that visitors type, without https:// and without a path",
    standIn: "www.example.com",
  });
}

/** A container image with a tag or digest: what runs must not change by itself. */
export function imageReference() {
  return text(isPinnedImage, {
    allowed: "an image reference with a tag other than latest, or with a digest: example/shop:1.4.2",
    remedy: "append the version that you tested",
    standIn: "example/stand-in:1",
  });
}

export function httpUrl(what: string) {
  const rule = {
    allowed: "http:// or https://, a host and at most a port",
    remedy: `write ${what} without path, user or password`,
    standIn: "https://example.com",
  };
  return text((value) => URL.canParse(value) && urlPattern.test(value), rule);
}

/** A value that Pulumi keeps encrypted: the text itself, or `{secure: ciphertext}` in a stack file. */
export function secretText(test: (value: string) => boolean, allowed: string, remedy: string) {
  const encrypted = z.object({ secure: z.string() });
  return leaf<string | { readonly secure: string }>(
    (value) => (typeof value === "string" ? test(value) : encrypted.safeParse(value).success),
    { allowed, remedy, secret: true },
  );
}
