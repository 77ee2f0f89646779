// Fields that the bodies of several kinds have.
import { z } from "zod";
import { canonicalAddress, canonicalCidr, parseIpv4, parseRange4 } from "../../addresses/ip";
import { labelProblem } from "./labels";

/** `labels` */
export const labelsField = z.record(z.string(), z.string()).superRefine((labels, context) => {
  for (const [key, value] of Object.entries(labels)) {
    const problem = labelProblem(key, value);
    if (problem !== null) context.addIssue({ code: "custom", message: problem, input: labels });
  }
});

export const rangeField = z.string().refine((text) => parseRange4(text) !== null, {
  message: "must be an IPv4 range with all host bits zero, such as 10.0.0.0/16",
});

export const ipv4Field = z.string().refine((text) => parseIpv4(text) !== null, {
  message: "must be an IPv4 address, such as 10.0.0.2",
});

/** What a client may spell in several ways, read into its one form; every address of a request comes in by this. */
const canonical = (formOf: (text: string) => string | null, message: string) =>
  z.string().transform((text, context) => {
    const form = formOf(text);
    if (form !== null) return form;
    context.addIssue({ code: "custom", message, input: text });
    return z.NEVER;
  });

/** An IPv4 or IPv6 address. */
export const addressField = canonical(canonicalAddress, "must be an IPv4 or IPv6 address");

/** An IPv4 or IPv6 network. */
export const cidrField = canonical(
  canonicalCidr,
  "must be a network in CIDR form with all host bits zero, such as 10.0.1.0/24 or 2001:db8::/64",
);

/** An id or a name; a numeric text is an id too (HC-T9). */
export const idOrName = z.union([z.int().positive(), z.string().min(1)]);
