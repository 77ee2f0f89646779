import { z } from "zod";
import { type AccessLog, accessLogShape, LoggedRequests } from "../../settings/accessLog";
import {
  choice,
  type FieldNote,
  flag,
  hostName,
  imageReference,
  isLabel,
  text,
  variableName,
  wholeNumber,
} from "../../settings/leaves";
import { completeSize, type SizeInput, sizeRule, sizeShape } from "../../settings/machineSize";
import { isPathPrefix, longestPath, pathPrefix } from "../../settings/pathPrefix";
import { type Program, type ProgramInput, programRules } from "../../settings/programRules";
import type { RoleSettings } from "../../settings/roleSettings";
import type { Rule } from "../../settings/rules";
import { namespace, secretName } from "../../settings/secretLeaves";
import { Store } from "../../settings/store";
import { defaultTimeoutSeconds, longestTimeoutSeconds } from "../../setup/waits";
import type { MachineSize } from "../../sizing/resolve";
import { KeptConnections } from "./keptConnections";
import { mostReplicas } from "./limits";
import { serviceHostsRule, serviceHostsSetting } from "./serviceHosts";
import { type ServiceInput, serviceRules } from "./serviceRules";
import { platformVariables } from "./variables";

/** The machines that run the application. */
export interface AppSettings extends MachineSize {
  /** Number of identical app nodes. */
  readonly count: number;
  /** The service stack of every app node, by name. */
  readonly services: Readonly<Record<string, ServiceSettings>>;
  /**
   * Host names of services without one of their own: `{service}.{domain}`. The services of complete settings have them
   * as their `host`.
   * @default - such services answer to any name
   */
  readonly serviceHosts?: string | undefined;
  /** What Traefik logs. @default - failed requests and those of a second and more */
  readonly accessLog?: AccessLog;
}

/** One service of the stack that every app node runs. */
export interface ServiceSettings {
  /** Image with a tag, resolved to a digest at `up`: `example/shop:1.4.2`. */
  readonly image: string;
  readonly replicas: number;
  /** Port that the container listens on. @default - a worker, which nobody can reach */
  readonly port?: number | undefined;
  /** Path prefix that Traefik routes to it, always beside a port: `/api`. */
  readonly pathPrefix?: string | undefined;
  /** Host name that visitors must use for it: `admin.example.com`. @default - any */
  readonly host?: string | undefined;
  /** Path that answers 2xx when the replica can serve, asked with the service's host: `/health/ready`. */
  readonly healthPath: string;
  /** Plain environment, readable by everybody on the machine. */
  readonly environment: Readonly<Record<string, string>>;
  /** Stores whose address and credentials the service gets: DATABASE_URL for `database`, and so on. */
  readonly uses: readonly Store[];
  /** Secret environment: the variable, and the name of its value among the stack's secrets. */
  readonly secrets: Readonly<Record<string, string>>;
  readonly memoryMb: number;
  /**
   * For which requests Traefik keeps connections to the replicas, which saves most of its processor time. `all` is for
   * programs that leave idle connections open for more than a second and say that they are not ready before they stop
   * or replace a process: a POST on a connection that ends at that moment is lost.
   * @default "reads"
   */
  readonly keepConnections?: KeptConnections;
  /**
   * A visitor's requests go to the same replica while it is ready, by two cookies. For programs that keep sessions to
   * themselves: a replica that ends takes them along, and the next deployment is one.
   * @default false
   */
  readonly sticky?: boolean;
  /**
   * Seconds that an answer may take to begin; then the visitor gets 504, and nobody is asked again. Every proxy on the
   * way waits for it. @default 30; 60 behind web servers with the profile dhanman
   */
  readonly timeoutSeconds?: number | undefined;
}

const defaultSize = { vcpus: 4, memoryGb: 16 };

/** Hetzner attaches at most 100 servers to a network; the other roles need four. */
const mostAppNodes = 96;

/** Docker's limit for the name of a host, which is the service's name, a hyphen and the replica's number. */
const longestServiceName = 63 - `-${mostReplicas}`.length;

/** A name that becomes part of host names and container names: `web-1`. `platform-` begins names in Traefik. */
const serviceName = text(
  (value) => isLabel(value) && !value.startsWith("platform-") && value.length <= longestServiceName,
  {
    allowed: `1 to ${longestServiceName} lower-case letters, digits and hyphens, with a letter or digit at both ends (RFC 1123), without platform- at the beginning`,
    remedy: "rename the service",
  },
);

/** Frameworks that end their paths with a slash redirect to it, and a redirect is no health. */
const healthPath = text(
  (value) => isPathPrefix(value.replace(/(?<=.)\/$/, "")) && value.length <= longestPath,
  {
    allowed: `a path of at most ${longestPath} characters that begins with a slash: /health/ready, /up/`,
    remedy: "write the health path without host, query and the parts . and ..",
  },
);

export const defaultHealthPath = "/health/ready";

/** How a service gets a secret; somebody has encrypted a value of its environment. */
export function serviceSecretRemedy(service = "SERVICE", variable = "VARIABLE"): string {
  return `run: pulumi config set --secret --path ${namespace}:secrets.NAME, and name it under app.services.${service}.secrets: {${variable}: NAME}`;
}

const variableValue = text((value) => !/[\r\n\0]/.test(value), {
  allowed: "text of one line",
  remedy: "put numbers and true or false in quotes, and longer text into a file of the image",
  encrypted: ([, , service, , variable]) => serviceSecretRemedy(String(service), String(variable)),
});

const service = z.strictObject({
  image: imageReference().describe("Image with a tag or a digest"),
  replicas: wholeNumber(1, mostReplicas, "the number of replicas on each app node")
    .describe("Containers of the service on each app node")
    .default(1),
  port: wholeNumber(1, 65_535, "the container's port")
    .meta({
      description: "Port that the container listens on, always together with pathPrefix",
      fallback: "none: a worker, which nobody can reach",
    })
    .optional(),
  pathPrefix: pathPrefix
    .meta({ description: "Paths that visitors reach it under; the longest prefix wins", fallback: "none" })
    .optional(),
  host: hostName()
    .meta({
      description: "Host name that visitors must use for it; it wins over services without one",
      fallback: "any",
    })
    .optional(),
  healthPath: healthPath
    .describe("Path that answers 2xx when the replica can serve, asked with the host or the domain")
    .default(defaultHealthPath),
  environment: z
    .record(variableName(), variableValue)
    .default({})
    // Who moves a service here brings DATABASE_URL with it.
    .meta({
      description: "Variables in clear text, by name",
      fallback: "none",
      confidential: true,
    } satisfies FieldNote),
  uses: z
    .array(choice(Object.values(Store), "a store"))
    .default([])
    .meta({ description: "Stores whose address and credentials it gets", fallback: "none" }),
  secrets: z.record(variableName(), secretName()).default({}).meta({
    description: "Secret variables: the variable, and the name of its value under secrets",
    fallback: "none",
  }),
  memoryMb: wholeNumber(32, 196_608, "the memory of one replica in MB")
    .describe("Memory limit of one replica, in MB")
    .default(512),
  keepConnections: choice(Object.values(KeptConnections), "the requests")
    .describe(
      "Requests that use connections to the replicas again: reads (GET, HEAD, OPTIONS), none, or all, for programs that leave idle ones open for more than a second and announce their stop",
    )
    .default(KeptConnections.Reads),
  sticky: flag()
    .describe(
      "A visitor's requests go to the same replica while it is ready; for programs that keep sessions to themselves",
    )
    .default(false),
  timeoutSeconds: wholeNumber(1, longestTimeoutSeconds, "the seconds")
    .meta({
      description:
        "Seconds that an answer may take to begin, on every proxy of its way; then the visitor gets 504",
      fallback: `${defaultTimeoutSeconds}; 60 behind web servers with the profile dhanman`,
    })
    .optional(),
});

/** The service stack of a node, by name. */
export const servicesSchema = z.record(serviceName, service);

const schema = z
  .strictObject({
    ...sizeShape(defaultSize),
    count: wholeNumber(1, mostAppNodes, "the number of app nodes")
      .describe("Number of identical app nodes")
      .default(2),
    accessLog: accessLogShape(LoggedRequests.Failed, "What Traefik on the app nodes logs of requests"),
    serviceHosts: serviceHostsSetting
      .meta({
        description:
          "Host names of services that have none of their own, from the service's name and the domain: {service}.{domain}",
        fallback: "none: such services answer to any name",
      })
      .optional(),
    services: servicesSchema
      .default({})
      .meta({ description: "Services of every node, by name", fallback: "none; at least one is required" }),
  })
  .transform((values): AppSettings => ({ ...values, ...completeSize(values, defaultSize) }))
  .prefault({})
  .meta({ description: "The machines that run the application" });

export const defaultTraefikImage = "traefik:v3.6.12";

/** Images of the role's own software. */
export const appImages = { traefik: imageReference().describe("Traefik 3").default(defaultTraefikImage) };

/** What the rules of the role look at. */
export type AppInput = SizeInput<"app"> & ServiceInput & ServiceProgramInput;

type ServiceProgramInput = ProgramInput<{ readonly app: AppSettings }>;

/** The services as programs like all others. */
function servicePrograms({ app }: { readonly app: AppSettings }): readonly Program[] {
  return Object.entries(app.services).map(([name, service]) => ({
    path: `app.services.${name}`,
    environment: service.environment,
    secrets: service.secrets,
    platformVariables: platformVariables(service),
  }));
}

/** Rules about the services, whoever defines them. */
export const allServiceRules: readonly Rule<ServiceInput & ServiceProgramInput>[] = [
  ...serviceRules,
  ...programRules("app.services", servicePrograms),
];

/** All that is known of the app nodes' settings. */
export const appSettings: RoleSettings<"app", AppSettings, AppInput> = {
  name: "app",
  schema,
  rules: [sizeRule("app"), serviceHostsRule, ...allServiceRules],
};
