import { z } from "zod";
import { type AccessLog, accessLogShape, LoggedRequests } from "../../settings/accessLog";
import { choice, isLabel, text, wholeNumber } from "../../settings/leaves";
import { completeSize, type SizeInput, sizeRule, sizeShape } from "../../settings/machineSize";
import type { RoleSettings } from "../../settings/roleSettings";
import type { MachineSize } from "../../sizing/resolve";
import { type PageCacheSettings, pageCacheShape } from "./cacheSettings";
import { WebProfile } from "./profiles";
import { type ProtectedPath, protectedPathsShape } from "./protectedPaths";
import { type WebRulesInput, webRules } from "./rules";
import { sitesShape, type WebSite } from "./sites";

/** The machines between the load balancers and the application nodes. */
export interface WebSettings extends MachineSize, WebContent {
  /** Number of identical web servers; with none the load balancers ask the application nodes themselves. */
  readonly count: number;
}

/** What every web server does. */
export interface WebContent {
  /** Numbers and headers: today's, or those of the dhanman deployment. */
  readonly profile: WebProfile;
  /** What is logged of requests, for each service under a name of its own. */
  readonly accessLog: AccessLog;
  /** Largest body of a request, in MB. */
  readonly maxBodyMb: number;
  readonly cache: PageCacheSettings;
  /** Services whose pages are never kept. @default - those of all services may be */
  readonly uncachedServices: readonly string[];
  /** Files that the web servers answer with themselves, by name. */
  readonly sites: Readonly<Record<string, WebSite>>;
  /** Paths that only some may reach, by name. */
  readonly protectedPaths: Readonly<Record<string, ProtectedPath>>;
}

const defaultSize = { vcpus: 2, memoryGb: 4 };

/** Together with 96 application nodes, the most that a network of Hetzner holds beside everything else. */
const mostWebServers = 32;

export const serviceName = text(isLabel, {
  allowed: "the name of a service of app.services",
  remedy: "write the service's name",
});

/** What every web server does, as a section's keys. */
export const contentShape = {
  profile: choice(Object.values(WebProfile), "a profile")
    .describe("Numbers and headers of nginx: today's, or literally those of the dhanman deployment")
    .default(WebProfile.Modern),
  accessLog: accessLogShape(LoggedRequests.Failed, "What the web servers log of requests"),
  maxBodyMb: wholeNumber(1, 10_240, "the megabytes")
    .describe("Largest body of a request in MB; more is refused with 413")
    .default(100),
  cache: pageCacheShape,
  uncachedServices: z
    .array(serviceName)
    .default([])
    .meta({ description: "Services whose pages are never kept", fallback: "none" }),
  sites: sitesShape,
  protectedPaths: protectedPathsShape,
};

const schema = z
  .strictObject({
    ...sizeShape(defaultSize),
    count: wholeNumber(0, mostWebServers, "the number of web servers")
      .describe("Number of identical web servers; none is as without the section")
      .default(2),
    ...contentShape,
  })
  .transform((values): WebSettings | undefined =>
    values.count === 0 ? undefined : { ...values, ...completeSize(values, defaultSize) },
  )
  .optional()
  .meta({
    description: "nginx machines between the load balancers and the app nodes (docs/operations.md)",
    fallback: "none: the load balancers ask the app nodes",
  });

/** What a preset with web servers has when a stack's file says nothing of them. */
export const usualWebSettings: WebSettings = requireSection(schema.parse({}));

function requireSection(section: WebSettings | undefined): WebSettings {
  if (section === undefined) throw new Error("web servers without settings");
  return section;
}

/** What the rules of the role look at. */
export type WebInput = SizeInput<"web"> & WebRulesInput;

/** All that is known of the web servers' settings. */
export const webSettings: RoleSettings<"web", WebSettings | undefined, WebInput> = {
  name: "web",
  schema,
  rules: [sizeRule("web"), ...webRules],
};
