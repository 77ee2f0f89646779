import type * as pulumi from "@pulumi/pulumi";
import { z } from "zod";
import type { Bastion } from "../../machine/context";
import {
  asInputProblems,
  eachPlain,
  type InputProblem,
  knownPart,
  knownSecrets,
  plainProblem,
} from "../../machine/inputErrors";
import { isClient, type MachinesArgs, machinesProblems } from "../../machine/machinesArgs";
import { type AccessLog, accessLogAllowed, isAccessLog } from "../../settings/accessLog";
import { isHostName } from "../../settings/hostNames";
import { hostName, wholeNumber } from "../../settings/leaves";
import { pathPrefix } from "../../settings/pathPrefix";
import type { Given } from "../../settings/roleSettings";
import { checkRules } from "../../settings/rules";
import { parseShape } from "../../settings/shape";
import { longestTimeoutSeconds } from "../../setup/waits";
import type { PageCacheSettings } from "./cacheSettings";
import type { WebService } from "./options";
import type { WebProfile } from "./profiles";
import type { ProtectedPath } from "./protectedPaths";
import { isReleaseName } from "./purge";
import { storedSites } from "./releaseStore";
import { webRules } from "./rules";
import { contentShape, serviceName, type WebContent } from "./settings";
import type { WebSite } from "./sites";

export interface WebNodesArgs extends MachinesArgs {
  /** The public machine through which SSH reaches them: `LoadBalancerPair.bastion`. */
  readonly bastion: Bastion;
  /** Private addresses of the machines, one each, which nothing else has: `["10.0.5.11", "10.0.5.12"]`. */
  readonly addresses: string[];
  /** Name that visitors use: `www.example.com`. The nodes are asked for their health with it. */
  readonly domain: pulumi.Input<string>;
  /** What visitors reach behind the web servers, by name. @default - sites alone */
  readonly services?: Readonly<Record<string, RoutedService>>;
  /** Where the services answer, each all of them, as ADDRESS:PORT: `["10.0.2.11:80"]`. @default - nowhere: sites alone */
  readonly nodes?: pulumi.Input<pulumi.Input<string>[]>;
  /** Private addresses and ranges of the machines that send requests: a `LoadBalancerPair`. */
  readonly loadBalancers: pulumi.Input<pulumi.Input<string>[]>;
  /** Numbers and headers of nginx. @default "modern" */
  readonly profile?: WebProfile;
  /** What is logged of requests, under the name of each service. @default - failed ones, and those of a second and more */
  readonly accessLog?: AccessLog;
  /** Largest body of a request, in MB. @default 100 */
  readonly maxBodyMb?: number;
  /** What is kept of answers that say nothing of it themselves. @default - assets a year, pages an hour, with a query five minutes */
  readonly cache?: Given<PageCacheSettings>;
  /**
   * What answers behind the web servers, as a name of letters, digits and . _ -: when it is another one, each of them
   * forgets its kept pages, once. @default - pages go by their age
   */
  readonly release?: pulumi.Input<string>;
  /** Services whose pages are never kept. @default - none */
  readonly uncachedServices?: string[];
  /** Files that the web servers answer with themselves, by name. @default - none */
  readonly sites?: Readonly<Record<string, Given<WebSite>>>;
  /** Where the releases of sites lie whose `source` is `objectStore`. @default - nowhere */
  readonly objectStore?: SiteStoreArgs;
  /** Paths that only some may reach, by name. @default - none */
  readonly protectedPaths?: Readonly<Record<string, Given<ProtectedPath>>>;
  /** Values of the secrets that protected paths name as passwords. Secret. @default - none */
  readonly secrets?: pulumi.Input<Readonly<Record<string, pulumi.Input<string>>>>;
}

/** A bucket of anything that speaks S3. */
export interface SiteStoreArgs {
  /** `http://10.0.4.11:9000`: `StorageNode.s3Endpoint`. */
  readonly endpoint: pulumi.Input<string>;
  readonly region: pulumi.Input<string>;
  readonly bucket: pulumi.Input<string>;
  readonly accessKeyId: pulumi.Input<string>;
  /** Secret. */
  readonly secretAccessKey: pulumi.Input<string>;
}

/** How visitors ask for a service. */
export interface RoutedService {
  /** `/api`; the longest that fits wins. @default "/" */
  readonly pathPrefix?: string;
  /** Host name that visitors must use for it. @default - any */
  readonly host?: string;
  /** Seconds that its answer may take to begin, then it is 504: 1 to 3600. @default 30; 60 with profile dhanman */
  readonly timeoutSeconds?: number;
}

const section = z.strictObject({
  web: z.strictObject({
    ...contentShape,
    services: z
      .record(
        serviceName,
        z.strictObject({
          pathPrefix: pathPrefix.default("/"),
          host: hostName().optional(),
          timeoutSeconds: wholeNumber(1, longestTimeoutSeconds, "the seconds").optional(),
        }),
      )
      .default({}),
  }),
});

/** What the web servers do, complete, and what is wrong with it as far as it is known. */
export function readContent(args: WebNodesArgs): {
  readonly content: WebContent;
  readonly services: readonly WebService[];
  readonly problems: readonly InputProblem[];
} {
  const { profile, maxBodyMb, cache, uncachedServices, sites, protectedPaths, services } = args;
  const given = { profile, maxBodyMb, cache, uncachedServices, sites, protectedPaths, services };
  const said = Object.fromEntries(Object.entries(given).filter(([, value]) => value !== undefined));
  const shaped = parseShape(section, { web: knownPart(said) as Record<string, unknown> });
  const { services: routed, ...content } = shaped.values.web;
  const rules = checkRules(
    webRules,
    { settings: { web: content, app: { services: routed } }, given: { secrets: knownSecrets(args.secrets) } },
    shaped.problems,
  );
  return {
    content: { ...content, ...(args.accessLog !== undefined && { accessLog: args.accessLog }) },
    services: Object.entries(routed).map(([name, service]) => ({ name, ...service })),
    problems: asInputProblems([...shaped.problems, ...rules], "web", "sites"),
  };
}

/** Everything that is wrong and can be known before any resource is made; empty: nothing. Secrets are not shown. */
export function webProblems(args: WebNodesArgs): InputProblem[] {
  const { content, services, problems } = readContent(args);
  const isNode = (node: string) => /^\d{1,3}(?:\.\d{1,3}){3}:[1-9]\d{0,4}$/.test(node);
  const answers = services.length > 0 || Object.keys(content.sites).length > 0;
  return [
    ...machinesProblems(args, args.addresses),
    ...plainProblem("addresses", args.addresses, (all) => all.length > 0, "one address at least"),
    ...plainProblem("domain", args.domain, isHostName, "a lower-case host name with a dot: www.example.com"),
    ...problems,
    ...(answers
      ? []
      : [{ propertyPath: "services", reason: "got nothing, allowed services, sites or both" }]),
    ...plainProblem(
      "nodes",
      args.nodes ?? [],
      (nodes) => nodes.length > 0 || services.length === 0,
      "one at least where there are services",
    ),
    ...eachPlain("nodes", args.nodes, isNode, "an IPv4 address and a port: 10.0.2.11:80"),
    ...(storedSites(content.sites).length === 0 || args.objectStore !== undefined
      ? []
      : [
          {
            propertyPath: "objectStore",
            reason: `got nothing, allowed a bucket: sites ${storedSites(content.sites).join(", ")} come from it`,
          },
        ]),
    ...plainProblem("release", args.release, isReleaseName, "1 to 128 letters, digits and . _ -"),
    ...plainProblem("accessLog", args.accessLog, isAccessLog, accessLogAllowed),
    ...eachPlain("loadBalancers", args.loadBalancers, isClient, "an IPv4 address or range: 10.0.1.0/24"),
  ];
}
