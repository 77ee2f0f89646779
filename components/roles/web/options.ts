import type { MachinePlan } from "../../plan/plan";
import { ports } from "../../setup/ports";
import { type ProfileValues, profiles } from "./profiles";
import type { WebContent } from "./settings";

/** What one web server is rendered from. */
export interface WebOptions {
  readonly machine: MachinePlan;
  /** Private addresses and ranges of the load balancers: what they say of a visitor is believed. */
  readonly loadBalancers: readonly string[];
  /** Where the services answer, as `10.0.2.11:80`; none where there are only sites. */
  readonly nodes: readonly string[];
  /** Services that visitors reach. */
  readonly services: readonly WebService[];
  /** Name that visitors use; the nodes are asked for their health with it. */
  readonly domain: string;
  readonly content: WebContent;
  /** Requests come over TLS with certificates on both sides, and not without. @default false */
  readonly overTls?: boolean;
  /** The nodes are asked over TLS with certificates on both sides, theirs for this role. @default - they are asked in plain text */
  readonly nodesRole?: string;
}

/** A service behind the web servers, as visitors ask for it. */
export interface WebService {
  readonly name: string;
  /** `/api`: the longest that fits wins, and one with a host over one without. */
  readonly pathPrefix: string;
  /** Host name that visitors must use for it. @default - any */
  readonly host?: string | undefined;
  /** Seconds that its answer may take to begin. @default - what the profile says of all */
  readonly timeoutSeconds?: number | undefined;
}

/** Where visitors' requests come in: the same port as on an application node, whose place the web server takes. */
export const webPort = ports.http;

/** How nodes are asked, without a path. @param group name of nodes in the configuration */
export function nodesAt({ nodesRole }: WebOptions, group: string): string {
  return `${nodesRole === undefined ? "http" : "https"}://${group}`;
}

/** On loopback: what decides how long an answer may be kept. */
export const keepingPort = ports.pageKeeping;

export function profileOf({ content }: WebOptions): ProfileValues {
  return profiles[content.profile];
}

/** Seconds for which a service's answer is waited for. */
export function timeoutOf(service: string, options: WebOptions): number {
  const own = options.services.find(({ name }) => name === service)?.timeoutSeconds;
  return own ?? profileOf(options).readSeconds;
}

/**
 * What was slow is never repeated, as it may still be worked on: milliseconds after which nothing is, between those for
 * connecting and those for answering.
 */
export function repeatedWithinMs(readSeconds: number, options: WebOptions): number {
  return Math.min(profileOf(options).connectSeconds * 1500, readSeconds * 500);
}

/** Of the service that may take the longest. */
export function longestTimeout(options: WebOptions): number {
  const { readSeconds } = profileOf(options);
  return Math.max(readSeconds, ...options.services.map(({ name }) => timeoutOf(name, options)));
}

/** Name of the group of nodes that serve a service. */
export function groupOf(service: string): string {
  return `service-${service}`;
}
