// Requests for faults as the control API reads them.
import { z } from "zod";
import type { ApiFault, Fault, FaultRequest } from "./control";

export const apiEffects = [
  "rate-limit",
  "unavailable",
  "server-error",
  "bad-gateway",
  "timeout",
  "no-answer",
  "dropped-connection",
  "latency",
  "no-capacity",
  "locked",
  "conflict",
  "quota",
  "maintenance",
  "sold-out",
  "stuck-action",
  "failed-action",
] as const satisfies readonly ApiFault["effect"][];

const server = z.string("must be the name or the id of a server").min(1, "must name a server").max(63);
const milliseconds = z.int().min(0, "must be 0 or more").max(60_000, "must be 60000 (a minute) or less");

const patternText = /^(?:(?:GET|POST|PUT|DELETE|\*) \/[A-Za-z0-9_/{}:.*-]*|[a-z_*]+)$/;

const apiFault = z
  .strictObject({
    kind: z.literal("api"),
    effect: z.enum(apiEffects),
    pattern: z
      .string()
      .max(200)
      .regex(
        patternText,
        "must be a method and a path such as `POST /servers` or `* /floating_ips/*`, or the command of an action such as `create_server`",
      )
      .refine((text) => text.split("*").length <= 6, "must have five `*` at most")
      .optional(),
    project: z.string().min(1).max(100).optional(),
    share: z.number().gt(0, "must be above 0").max(1, "must be 1 or less").optional(),
    count: z.int().min(1, "must be 1 or more").max(1_000_000).optional(),
    delayMs: milliseconds.optional(),
    serverType: z
      .string()
      .regex(/^[a-z0-9]+(?:@[a-z0-9]+)?$/, "must be a server type such as `cx23`, or `cx23@fsn1`")
      .optional(),
  })
  .superRefine((fault, context) => {
    const needs = (path: keyof ApiFault, message: string) =>
      context.addIssue({ code: "custom", path: [path], message });
    const ofActions = fault.effect === "stuck-action" || fault.effect === "failed-action";
    if (fault.effect === "latency" && fault.delayMs === undefined) {
      needs("delayMs", "latency needs a delay in milliseconds");
    }
    if (fault.effect === "sold-out" && fault.serverType === undefined) {
      needs("serverType", "sold-out needs a server type such as `cx23`");
    }
    if (patternText.test(fault.pattern ?? "") && fault.pattern?.includes(" ") === ofActions) {
      needs(
        "pattern",
        ofActions
          ? `${fault.effect} takes the command of an action, such as \`create_server\``
          : `${fault.effect} takes a method and a path, such as \`POST /servers\``,
      );
    }
  });

const fault = z.discriminatedUnion(
  "kind",
  [
    apiFault,
    z.strictObject({ kind: z.literal("power-off"), server }),
    z.strictObject({ kind: z.literal("freeze"), server }),
    z.strictObject({
      kind: z.literal("partition"),
      server,
      from: z.union(
        [z.enum(["internet", "private", "everything"]), z.strictObject({ server })],
        'must be "internet", "private", "everything" or { "server": NAME }',
      ),
    }),
    z
      .strictObject({
        kind: z.literal("network"),
        server,
        side: z.enum(["public", "private"]),
        lossPercent: z.number().min(0, "must be 0 or more").max(100, "must be 100 or less"),
        delayMs: milliseconds,
        jitterMs: milliseconds,
      })
      .superRefine(({ lossPercent, delayMs, jitterMs }, context) => {
        if (lossPercent === 0 && delayMs === 0) {
          context.addIssue({
            code: "custom",
            path: ["lossPercent"],
            message: "does nothing: give a loss or a delay",
          });
        }
        if (jitterMs > delayMs) {
          context.addIssue({ code: "custom", path: ["jitterMs"], message: "must not be above the delay" });
        }
      }),
    z.strictObject({
      kind: z.literal("full-disk"),
      server,
      path: z
        .string()
        .max(1000)
        .regex(/^\/[^\0\n]*$/, "must be an absolute path in the machine"),
    }),
    z.strictObject({
      kind: z.literal("clock-shift"),
      server,
      seconds: z
        .int()
        .min(-315_360_000, "must be within ten years")
        .max(315_360_000, "must be within ten years"),
    }),
    z.strictObject({
      kind: z.literal("metadata"),
      server,
      how: z.enum(["slow", "poisoned-route"]),
    }),
    z.strictObject({ kind: z.literal("host-failure"), host: z.int().min(1).max(10_000) }),
  ],
  "must be one of api, power-off, freeze, partition, network, full-disk, clock-shift, metadata, host-failure",
) satisfies z.ZodType<Fault>;

/** Reads the body of `POST /faults`. */
export const faultRequest = z.strictObject({
  fault,
  seconds: z.int().min(1, "must be 1 or more").max(86_400, "must be 86400 (a day) or less").optional(),
}) satisfies z.ZodType<FaultRequest>;

/** When a request names no time. */
export const defaultSeconds = 60;
