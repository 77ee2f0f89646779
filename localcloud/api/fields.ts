// Fields that the bodies of several kinds have.
import { z } from "zod";
import { parseIpv4, parseRange4 } from "./addresses/addresses";
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

/** An id or a name; a numeric text is an id too (HC-T9). */
export const idOrName = z.union([z.int().positive(), z.string().min(1)]);
