// Rules and targets of firewalls as requests carry them (HC-F4, HC-F5).
import { z } from "zod";
import type { Rule } from "../../state/rows";
import { invalidInput } from "../calls/errors";
import { cidrField } from "../calls/fields";
import { parseSelector } from "../calls/labels";

const mostRules = 50;
const mostRanges = 100;

/** Two spellings of one network are one network. */
const cidrs = z
  .array(cidrField)
  .max(mostRanges)
  .transform((ranges) => [...new Set(ranges)])
  .optional();

const ruleSchema = z
  .object({
    direction: z.enum(["in", "out"]),
    protocol: z.enum(["tcp", "udp", "icmp", "esp", "gre"]),
    source_ips: cidrs,
    destination_ips: cidrs,
    port: z.string().optional(),
    description: z.string().max(255).nullish(),
  })
  .superRefine((rule, context) => {
    const problem = (path: string, message: string) =>
      context.addIssue({ code: "custom", path: [path], message, input: rule });
    const hasPorts = rule.protocol === "tcp" || rule.protocol === "udp";
    if (hasPorts && !isPort(rule.port))
      problem("port", "must be a port from 1 to 65535, a range such as 80-85 or any");
    if (!hasPorts && rule.port) problem("port", `must be absent for ${rule.protocol}`);
    const [wanted, unwanted] =
      rule.direction === "in"
        ? (["source_ips", "destination_ips"] as const)
        : (["destination_ips", "source_ips"] as const);
    if ((rule[wanted] ?? []).length === 0) problem(wanted, `is required for direction ${rule.direction}`);
    if ((rule[unwanted] ?? []).length > 0) problem(unwanted, `must be empty for direction ${rule.direction}`);
  });

export const rulesField = z.array(ruleSchema).max(mostRules);

function isPort(text: string | null | undefined): boolean {
  if (text === "any") return true;
  const ports = (text ?? "").split("-").map((port) => (/^[1-9][0-9]{0,4}$/.test(port) ? Number(port) : 0));
  const [first = 0, last = first] = ports;
  return ports.length <= 2 && ports.every((port) => port >= 1 && port <= 65_535) && first <= last;
}

/** Rules are a set: duplicates collapse (HC-ND4). */
export function readRules(body: z.output<typeof rulesField>): Rule[] {
  const rules = body.map(
    (rule): Rule => ({
      direction: rule.direction,
      protocol: rule.protocol,
      sourceIps: rule.source_ips ?? [],
      destinationIps: rule.destination_ips ?? [],
      port: rule.port ?? null,
      description: rule.description ?? null,
    }),
  );
  return [...new Map(rules.map((rule) => [JSON.stringify(rule), rule])).values()];
}

/** What a rule counts for among the 500 of a server (HC-F4): one for each range. */
export function effectiveRules(rules: readonly Rule[]): number {
  return rules.reduce((sum, rule) => sum + rule.sourceIps.length + rule.destinationIps.length, 0);
}

export function renderRule(rule: Rule) {
  return {
    direction: rule.direction,
    protocol: rule.protocol,
    source_ips: rule.sourceIps,
    destination_ips: rule.destinationIps,
    port: rule.port,
    description: rule.description,
  };
}

export type Target =
  | { readonly type: "server"; readonly server: number }
  | { readonly type: "label_selector"; readonly selector: string };

/** Unknown keys, `applied_to_resources` among them, are ignored: the provider sends them back. */
export const targetsField = z.array(
  z.object({
    type: z.enum(["server", "label_selector"]),
    server: z.object({ id: z.int().positive() }).nullish(),
    label_selector: z.object({ selector: z.string().min(1) }).nullish(),
  }),
);

export function readTargets(body: z.output<typeof targetsField>, field: string): Target[] {
  return body.map(({ type, server, label_selector }, index) => {
    const path = `${field}.${index}.${type}`;
    if (type === "server") {
      if (!server) throw invalidInput(path, "Missing data for required field.");
      return { type, server: server.id };
    }
    if (!label_selector) throw invalidInput(path, "Missing data for required field.");
    parseSelector(label_selector.selector, `${path}.selector`);
    return { type, selector: label_selector.selector };
  });
}
