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
}

/** A service behind the web servers, as visitors ask for it. */
export interface WebService {
  readonly name: string;
  /** `/api`: the longest that fits wins, and one with a host over one without. */
  readonly pathPrefix: string;
  /** Host name that visitors must use for it. @default - any */
  readonly host?: string | undefined;
}

/** Where visitors' requests come in: the same port as on an application node, whose place the web server takes. */
export const webPort = ports.http;

/** On loopback: what decides how long an answer may be kept. */
export const keepingPort = ports.pageKeeping;

export function profileOf({ content }: WebOptions): ProfileValues {
  return profiles[content.profile];
}

/** Name of the group of nodes that serve a service. */
export function groupOf(service: string): string {
  return `service-${service}`;
}
