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
  /** What to do when the value is encrypted and must not be. @default - to set it without encryption */
  readonly encrypted?: (path: readonly PropertyKey[]) => string;
}

/** What is known of a setting beside its rule, for those who read about it. */
export interface FieldNote {
  readonly description?: string;
  /** The default in words, where it follows from other settings. */
  readonly fallback?: string;
  /** Values are, or may be, secrets: no message shows them, nor what stands inside. */
  readonly confidential?: boolean;
  readonly rule?: LeafRule;
  /** How it is written: `text` is kept as text by whoever reads `pulumi config`. */
  readonly kind?: "text" | "number" | "flag" | "secret";
}

function leaf<T>(test: (value: unknown) => boolean, rule: LeafRule, kind: FieldNote["kind"]) {
  return z.custom<T>(test, { params: { rule } }).meta({ rule, kind } satisfies FieldNote);
}

export function text(test: RegExp | ((value: string) => boolean), rule: LeafRule) {
  const matches = test instanceof RegExp ? (value: string) => test.test(value) : test;
  return leaf<string>((value) => typeof value === "string" && matches(value), rule, "text");
}

export function wholeNumber(minimum: number, maximum: number, what: string) {
  const allowed = `a whole number from ${minimum} to ${maximum}`;
  const inside = (value: unknown) =>
    Number.isInteger(value) && Number(value) >= minimum && Number(value) <= maximum;
  const remedy = `write ${what} without quotes, inside these limits`;
  return leaf<number>(inside, { allowed, remedy }, "number");
}

export function amount(what: string) {
  const inside = (value: unknown) => typeof value === "number" && Number.isFinite(value) && value >= 0;
  const rule = { allowed: "a number from 0 up", remedy: `write ${what} as a plain number` };
  return leaf<number>(inside, rule, "number");
}

export function flag() {
  const rule = { allowed: "true or false", remedy: "write it without quotes" };
  return leaf<boolean>((value) => typeof value === "boolean", rule, "flag");
}

export function choice<T extends string>(values: readonly T[], what: string) {
  const remedy = (value: unknown) => {
    const meant = typeof value === "string" ? nearestName(value, values) : undefined;
    return meant === undefined ? `choose ${what} from this list` : `did you mean ${meant}?`;
  };
  const rule = { allowed: `one of ${values.join(", ")}`, remedy };
  const isOne = (value: unknown) =>
    typeof value === "string" && (values as readonly string[]).includes(value);
  return leaf<T>(isOne, rule, "text");
}

const labelPattern = new RegExp(`^${hostLabel}$`);
const urlPattern = new RegExp(
  `^https?://(?:${hostLabel}(?:\\.${hostLabel})*|\\[[0-9a-f:.]+\\])(?::[1-9]\\d{0,4})?/?$`,
  "i",
);

export function isLabel(value: string): boolean {
  return labelPattern.test(value);
}

export function hostName(standIn?: string) {
  return text(isHostName, {
    allowed: "a lower-case host name with a dot: www.example.com",
    remedy: "write the name that visitors type, without https:// and without a path",
    standIn,
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

/** True for the form in which a stack's file holds a value that Pulumi has encrypted. */
export function isEncrypted(value: unknown): value is { readonly secure: string } {
  if (typeof value !== "object" || value === null) return false;
  const [only, ...others] = Object.entries(value);
  return others.length === 0 && only?.[0] === "secure" && typeof only[1] === "string";
}

/** A value that Pulumi keeps encrypted: the text itself, or `{secure: ciphertext}` in a stack file. */
export function secretText(test: (value: string) => boolean, allowed: string, remedy: string) {
  const isRight = (value: unknown) => (typeof value === "string" ? test(value) : isEncrypted(value));
  const rule = { allowed, remedy, secret: true };
  return leaf<string | { readonly secure: string }>(isRight, rule, "secret").meta({ confidential: true });
}

/** A name that a shell and Docker take for a variable: `DATABASE_URL`. */
export function variableName() {
  return text(/^[A-Za-z_][A-Za-z0-9_]*$/, {
    allowed: "letters, digits and underscores, no digit first",
    remedy: "rename the variable",
  });
}
