import type * as pulumi from "@pulumi/pulumi";
import { z } from "zod";
import {
  asInputProblems,
  eachPlain,
  type InputProblem,
  knownPart,
  knownSecrets,
  plainProblem,
} from "../../machine/inputErrors";
import { isClient, machinesProblems, type PrivateMachinesArgs, sizeOf } from "../../machine/machinesArgs";
import { imageProblems, imageReferenceRule } from "../../machine/programImages";
import { type AccessLog, accessLogAllowed, isAccessLog } from "../../settings/accessLog";
import { isHostName } from "../../settings/hostNames";
import type { Given } from "../../settings/roleSettings";
import { checkRules } from "../../settings/rules";
import { parseShape } from "../../settings/shape";
import type { Store } from "../../settings/store";
import { isReference } from "../../setup/container";
import { allServiceRules, defaultHealthPath, type ServiceSettings, servicesSchema } from "./settings";

export interface AppNodesArgs extends PrivateMachinesArgs {
  /** Private addresses of the machines, one each, which nothing else has: `["10.0.2.11", "10.0.2.12"]`. */
  readonly addresses: string[];
  /** Name that visitors use: `www.example.com`. Services without a host are asked for their health with it. */
  readonly domain: pulumi.Input<string>;
  /** What every machine runs, by name, as in a stack file: one service at least has `port` and `pathPrefix`. */
  readonly services: Readonly<Record<string, AppService>>;
  /**
   * What runs instead of the `image` of a service, whose tag stays the release that it is told: the same by digest,
   * or what another resource answers. @default - what the services name
   */
  readonly images?: Readonly<Record<string, pulumi.Input<string>>>;
  /** Traefik 3, best by digest: `traefik@sha256:...`. @default "traefik:v3.6.12" */
  readonly traefikImage?: pulumi.Input<string>;
  /**
   * Environment by which a service finds a store, for the services that name the store under `uses`:
   * `{ database: { DATABASE_URL: database.databaseUrl } }`. Secret. @default - there are no stores
   */
  readonly stores?: Readonly<Partial<Record<Store, Readonly<Record<string, pulumi.Input<string>>>>>>;
  /** Values of the secrets that services ask for by name. Secret. @default - none */
  readonly secrets?: pulumi.Input<Readonly<Record<string, pulumi.Input<string>>>>;
  /** What Traefik logs of requests. @default - failed ones, and those of a second and more */
  readonly accessLog?: AccessLog;
  /** Private addresses and ranges of the machines that send requests: a `LoadBalancerPair`. */
  readonly loadBalancers: pulumi.Input<pulumi.Input<string>[]>;
}

/** A service as a stack file has it: what is left out gets its default. */
export type AppService = Pick<ServiceSettings, "image"> &
  Given<Omit<ServiceSettings, "image" | "environment">> & {
    readonly environment?: Readonly<Record<string, pulumi.Input<string>>>;
  };

/** What the services are, and what is wrong with them as far as they are known. */
export function readServices(args: AppNodesArgs): {
  readonly services: Readonly<Record<string, ServiceSettings>>;
  readonly problems: readonly InputProblem[];
} {
  const section = z.strictObject({ app: z.strictObject({ services: servicesSchema }) });
  const shaped = parseShape(section, { app: { services: knownPart(args.services) } });
  const { services } = shaped.values.app;
  const { vcpus = 0, memoryGb = Number.POSITIVE_INFINITY } = sizeOf(args) ?? {};
  const settings = { app: { vcpus, memoryGb, serverType: args.serverType, count: 1, services } };
  const given = { app: { services: said(shaped.given.app.services) }, secrets: knownSecrets(args.secrets) };
  const broken = checkRules(allServiceRules, { settings, given }, shaped.problems);
  return { services, problems: asInputProblems([...shaped.problems, ...broken], "app", "services") };
}

/** Complete settings, as a platform has them, name a health path for workers too. */
function said(services: Readonly<Record<string, Given<ServiceSettings>>>) {
  const own = Object.entries(services).map(([name, { healthPath, ...service }]) => [
    name,
    healthPath === undefined || healthPath === defaultHealthPath ? service : { ...service, healthPath },
  ]);
  return Object.fromEntries(own);
}

/** Everything that is wrong and can be known before any resource is made; empty: nothing. Secrets are not shown. */
export function appProblems(args: AppNodesArgs): InputProblem[] {
  const { services, problems } = readServices(args);
  return [
    ...machinesProblems(args, args.addresses),
    ...plainProblem("addresses", args.addresses, (all) => all.length > 0, "one address at least"),
    ...plainProblem("domain", args.domain, isHostName, "a lower-case host name with a dot: www.example.com"),
    ...problems,
    ...imageProblems("service", services, args.images),
    ...plainProblem("traefikImage", args.traefikImage, isReference, imageReferenceRule),
    ...plainProblem("accessLog", args.accessLog, isAccessLog, accessLogAllowed),
    ...storeProblems(services, args.stores),
    ...eachPlain("loadBalancers", args.loadBalancers, isClient, "an IPv4 address or range: 10.0.1.0/24"),
  ];
}

function storeProblems(
  services: Readonly<Record<string, ServiceSettings>>,
  stores: AppNodesArgs["stores"] = {},
): InputProblem[] {
  const users = Object.entries(services).flatMap(([name, { uses }]) =>
    uses.map((store) => ({ name, store })),
  );
  const missing = [...new Set(users.map(({ store }) => store))].filter(
    (store) => stores[store] === undefined,
  );
  return missing.map((store) => {
    const names = users.filter((user) => user.store === store).map(({ name }) => name);
    return {
      propertyPath: `stores.${store}`,
      reason: `got nothing, allowed the environment of ${store}: used by ${names.join(", ")}`,
    };
  });
}
