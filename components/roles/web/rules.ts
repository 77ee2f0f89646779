import { formatValue, type SettingsProblem } from "../../settings/problems";
import type { Rule } from "../../settings/rules";
import { type GivenSecrets, secretNames, unknownSecret } from "../../settings/secretNames";
import { internalPrefix } from "../../setup/site";
import { covers } from "./paths";
import type { ProtectedPath } from "./protectedPaths";
import { SiteSource, type WebSite } from "./sites";

/** What the rules look at: the role's settings, what others answer, and the names of the secrets. */
export interface WebRulesInput {
  readonly settings: {
    readonly web?: Content | undefined;
    /** Services behind the web servers. */
    readonly app?: { readonly services: Readonly<Record<string, Routed>> } | undefined;
  };
  readonly given: { readonly secrets?: GivenSecrets };
}

interface Routed {
  readonly host?: string | undefined;
  readonly pathPrefix?: string | undefined;
}

interface Content {
  readonly sites: Readonly<Record<string, WebSite>>;
  readonly protectedPaths: Readonly<Record<string, ProtectedPath>>;
  readonly uncachedServices: readonly string[];
}

export const webRules: readonly Rule<WebRulesInput>[] = [
  rule(["web.sites", "app.services"], ({ settings }, web) =>
    routeProblems(web, settings.app?.services ?? {}),
  ),
  rule(["web.sites", "web.protectedPaths"], (_, web) => internalProblems(web)),
  rule(["web.uncachedServices", "app.services"], ({ settings }, web) =>
    serviceProblems(web, settings.app?.services ?? {}),
  ),
  rule(["web.sites"], (_, web) => releaseProblems(web)),
  rule(["web.protectedPaths"], (_, web) => openProblems(web)),
  rule(["web.protectedPaths", "secrets"], ({ given }, web) => secretProblems(web, given.secrets)),
];

function rule(
  reads: readonly string[],
  check: (input: WebRulesInput, web: Content) => readonly SettingsProblem[],
): Rule<WebRulesInput> {
  return {
    reads,
    check: (input) => (input.settings.web === undefined ? [] : check(input, input.settings.web)),
  };
}

/** One answers a host and a prefix. */
function routeProblems(
  { sites }: Content,
  services: Readonly<Record<string, Routed>>,
): readonly SettingsProblem[] {
  const owners = new Map<string, string>();
  for (const [name, { host = "", pathPrefix }] of Object.entries(services)) {
    if (pathPrefix !== undefined) owners.set(host + pathPrefix, `app.services.${name}`);
  }
  return Object.entries(sites).flatMap(([name, { host = "", pathPrefix }]) => {
    const owner = owners.get(host + pathPrefix);
    owners.set(host + pathPrefix, `web.sites.${name}`);
    if (owner === undefined) return [];
    return [
      {
        path: `web.sites.${name}.pathPrefix`,
        value: formatValue(pathPrefix),
        allowed: `a prefix of its own; ${owner} has this one${host === "" ? "" : ` under host ${host}`}`,
        remedy: "give one of the two another prefix or another host",
      },
    ];
  });
}

/** A folder's release is chosen on the machine. */
function releaseProblems({ sites }: Content): readonly SettingsProblem[] {
  return Object.entries(sites)
    .filter(([, { source, release }]) => release !== undefined && source !== SiteSource.ObjectStore)
    .map(([name, { release }]) => ({
      path: `web.sites.${name}.release`,
      value: formatValue(release),
      allowed: "no release while source is folder",
      remedy: "set source: objectStore, or remove it and use platform-release on the web servers",
    }));
}

function internalProblems({ sites, protectedPaths }: Content): readonly SettingsProblem[] {
  const internal = internalPrefix.replace(/\/$/, "");
  const all = [
    ...Object.entries(sites).map(([name, one]) => [`web.sites.${name}`, one.pathPrefix] as const),
    ...Object.entries(protectedPaths).map(
      ([name, one]) => [`web.protectedPaths.${name}`, one.pathPrefix] as const,
    ),
  ];
  return all
    .filter(([, prefix]) => covers(internal, prefix))
    .map(([path, prefix]) => ({
      path: `${path}.pathPrefix`,
      value: formatValue(prefix),
      allowed: `a prefix outside ${internalPrefix}, which the platform keeps for itself`,
      remedy: "take another prefix",
    }));
}

function serviceProblems(
  { uncachedServices }: Content,
  services: Readonly<Record<string, Routed>>,
): readonly SettingsProblem[] {
  const names = Object.keys(services).filter((name) => services[name]?.pathPrefix !== undefined);
  return uncachedServices.flatMap((service, index) =>
    names.includes(service)
      ? []
      : [
          {
            path: `web.uncachedServices[${index}]`,
            value: formatValue(service),
            allowed: `a service that visitors reach: ${names.join(", ")}`,
            remedy: "write the service's name, or remove it",
          },
        ],
  );
}

/** A path that is named as protected, and is open to everybody. */
function openProblems({ protectedPaths }: Content): readonly SettingsProblem[] {
  return Object.entries(protectedPaths)
    .filter(([, { users, ranges }]) => Object.keys(users).length === 0 && ranges.length === 0)
    .map(([name]) => ({
      path: `web.protectedPaths.${name}`,
      value: "neither users nor ranges",
      allowed: "users, ranges or both",
      remedy: "say who may come: {users: {admin: SECRETNAME}} or {ranges: [203.0.113.0/24]}",
    }));
}

function secretProblems({ protectedPaths }: Content, given: GivenSecrets): readonly SettingsProblem[] {
  const names = secretNames(given);
  if (names === undefined) return [];
  return Object.entries(protectedPaths).flatMap(([name, { users }]) =>
    Object.entries(users)
      .filter(([, secret]) => !names.includes(secret))
      .map(([user, secret]) => unknownSecret(`web.protectedPaths.${name}.users.${user}`, secret, names)),
  );
}
