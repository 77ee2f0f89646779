import { formatValue, type SettingsProblem } from "../../settings/problems";
import type { Given } from "../../settings/roleSettings";
import type { Rule } from "../../settings/rules";
import { internalPrefix, publicStatePath } from "../../setup/site";
import { mostServices } from "./limits";
import type { AppSettings } from "./settings";

/** What the rules look at: the role's settings, and what the file says itself. */
export interface ServiceInput {
  readonly settings: { readonly app: AppSettings };
  readonly given: {
    readonly app?: Given<AppSettings> | undefined;
  };
}

/** The service stack: who gets which request, and whether it fits on a node. */
export const serviceRules: readonly Rule<ServiceInput>[] = [
  { reads: ["app"], check: ({ settings }) => memoryProblems(settings.app) },
  { reads: ["app.services"], check: ({ settings }) => reachableProblems(settings.app) },
  { reads: ["app.services"], check: ({ settings }) => numberProblems(settings.app) },
  { reads: ["app.services"], check: ({ settings }) => routeProblems(settings.app) },
  { reads: ["app.services"], check: ({ settings }) => duplicateProblems(settings.app) },
  { reads: ["app.services"], check: ({ settings }) => internalProblems(settings.app) },
  { reads: ["app.services"], check: workerProblems },
];

/** Memory that system, Docker and Traefik take on an app node, in MB. */
const systemMemoryMb = 1024;

function memoryProblems({ services, memoryGb }: AppSettings): readonly SettingsProblem[] {
  const wanted = Object.values(services).reduce(
    (sum, { replicas, memoryMb }) => sum + replicas * memoryMb,
    0,
  );
  const free = memoryGb * 1024 - systemMemoryMb;
  if (wanted <= free) return [];
  return [
    {
      path: "app.services",
      value: `${wanted} MB for all replicas of a node`,
      allowed: `${Math.max(0, free)} MB (app.memoryGb ${memoryGb} less ${systemMemoryMb} MB for the system)`,
      remedy: "lower replicas or memoryMb, or raise app.memoryGb",
    },
  ];
}

const internalPath = internalPrefix.replace(/\/$/, "");

function reachableProblems({ services }: AppSettings): readonly SettingsProblem[] {
  const all = Object.entries(services);
  if (all.some(([, { port, pathPrefix }]) => port !== undefined || pathPrefix !== undefined)) return [];
  return [
    {
      path: "app.services",
      value: all.length === 0 ? "nothing" : `only workers: ${all.map(([name]) => name).join(", ")}`,
      allowed: "at least one service with port and pathPrefix",
      remedy: "add the service that visitors reach: {web: {image: ..., port: 3000, pathPrefix: /}}",
    },
  ];
}

function numberProblems({ services }: AppSettings): readonly SettingsProblem[] {
  const count = Object.keys(services).length;
  if (count <= mostServices) return [];
  const allowed = `at most ${mostServices}, each with a block of addresses on its node`;
  const remedy = "remove services, or divide them between two stacks";
  return [{ path: "app.services", value: `${count} services`, allowed, remedy }];
}

function routeProblems({ services }: AppSettings): readonly SettingsProblem[] {
  return Object.entries(services).flatMap(([name, { port, pathPrefix }]) => {
    if ((port === undefined) === (pathPrefix === undefined)) return [];
    const missing = port === undefined ? "port" : "pathPrefix";
    const present = port === undefined ? `pathPrefix ${pathPrefix}` : `port ${port}`;
    return [
      {
        path: `app.services.${name}.${missing}`,
        value: "nothing",
        allowed: "port and pathPrefix together, or neither for a worker",
        remedy: `add ${missing}, or remove ${present}`,
      },
    ];
  });
}

// A prefix inside another one is no mistake: the longer one wins. Nor is the same one under another host.
function duplicateProblems({ services }: AppSettings): readonly SettingsProblem[] {
  const owners = new Map<string, string>();
  return Object.entries(services).flatMap(([name, { host = "", pathPrefix }]) => {
    if (pathPrefix === undefined) return [];
    const owner = owners.get(host + pathPrefix);
    if (owner === undefined) {
      owners.set(host + pathPrefix, name);
      return [];
    }
    return [
      {
        path: `app.services.${name}.pathPrefix`,
        value: formatValue(pathPrefix),
        allowed: `a prefix of its own; app.services.${owner} has this one${host === "" ? "" : ` under host ${host}`}`,
        remedy: "give one of the two another prefix or another host",
      },
    ];
  });
}

/** Nobody would ever ask a worker for its health, nor by a host, nor wait for its answer. */
function workerProblems({ settings, given }: ServiceInput): readonly SettingsProblem[] {
  return Object.entries(settings.app.services).flatMap(([name, { port, pathPrefix }]) => {
    if (port !== undefined || pathPrefix !== undefined) return [];
    const said = given.app?.services?.[name] ?? {};
    return (["healthPath", "host", "timeoutSeconds"] as const)
      .filter((key) => said[key] !== undefined)
      .map((key) => ({
        path: `app.services.${name}.${key}`,
        value: formatValue(said[key]),
        allowed: "nothing for a worker, which has no port: nobody would ask it",
        remedy: `remove ${key}, or add port and pathPrefix`,
      }));
  });
}

/** The load balancers refuse these paths to visitors. */
function internalProblems({ services }: AppSettings): readonly SettingsProblem[] {
  return Object.entries(services)
    .filter(
      ([, { pathPrefix }]) =>
        pathPrefix === internalPath ||
        pathPrefix === publicStatePath ||
        pathPrefix?.startsWith(internalPrefix),
    )
    .map(([name, { pathPrefix }]) => ({
      path: `app.services.${name}.pathPrefix`,
      value: formatValue(pathPrefix),
      allowed: `a prefix outside ${internalPrefix} and ${publicStatePath}, which the platform keeps for itself`,
      remedy: "take another prefix",
    }));
}
