import { formatValue, type SettingsProblem } from "../../settings/problems";
import type { Rule } from "../../settings/rules";
import type { PlatformSettings } from "../../settings/settings";
import { internalPrefix, publicStatePath } from "../../setup/site";
import { mostServices } from "./replicas";

/** The service stack: who gets which request. */
export const serviceRules: readonly Rule[] = [
  { reads: ["app.services"], check: ({ settings }) => reachableProblems(settings) },
  { reads: ["app.services"], check: ({ settings }) => numberProblems(settings) },
  { reads: ["app.services"], check: ({ settings }) => routeProblems(settings) },
  { reads: ["app.services"], check: ({ settings }) => duplicateProblems(settings) },
  { reads: ["app.services"], check: ({ settings }) => internalProblems(settings) },
];

const internalPath = internalPrefix.replace(/\/$/, "");

function reachableProblems(settings: PlatformSettings): readonly SettingsProblem[] {
  const services = Object.entries(settings.app.services);
  if (services.some(([, service]) => service.port !== undefined || service.pathPrefix !== undefined))
    return [];
  return [
    {
      path: "app.services",
      value: services.length === 0 ? "nothing" : `only workers: ${services.map(([name]) => name).join(", ")}`,
      allowed: "at least one service with port and pathPrefix",
      remedy: "add the service that visitors reach: {web: {image: ..., port: 3000, pathPrefix: /}}",
    },
  ];
}

function numberProblems(settings: PlatformSettings): readonly SettingsProblem[] {
  const count = Object.keys(settings.app.services).length;
  if (count <= mostServices) return [];
  const allowed = `at most ${mostServices}, each with a block of addresses on its node`;
  const remedy = "remove services, or divide them between two stacks";
  return [{ path: "app.services", value: `${count} services`, allowed, remedy }];
}

function routeProblems(settings: PlatformSettings): readonly SettingsProblem[] {
  return Object.entries(settings.app.services).flatMap(([name, { port, pathPrefix }]) => {
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

// A prefix inside another one is no mistake: the longer one wins.
function duplicateProblems(settings: PlatformSettings): readonly SettingsProblem[] {
  const owners = new Map<string, string>();
  return Object.entries(settings.app.services).flatMap(([name, { pathPrefix }]) => {
    if (pathPrefix === undefined) return [];
    const owner = owners.get(pathPrefix);
    if (owner === undefined) {
      owners.set(pathPrefix, name);
      return [];
    }
    return [
      {
        path: `app.services.${name}.pathPrefix`,
        value: formatValue(pathPrefix),
        allowed: `a prefix of its own; app.services.${owner} has this one`,
        remedy: "give one of the two another prefix",
      },
    ];
  });
}

/** The load balancers refuse these paths to visitors. */
function internalProblems(settings: PlatformSettings): readonly SettingsProblem[] {
  return Object.entries(settings.app.services)
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
