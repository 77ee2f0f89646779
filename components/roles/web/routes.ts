import type { WebOptions } from "./options";
import { covers } from "./paths";
import type { WebSite } from "./sites";

/** What answers under a prefix. */
export type Target =
  | { readonly kind: "service"; readonly name: string }
  | { readonly kind: "site"; readonly name: string; readonly site: WebSite };

/** One prefix of one server. */
export interface Route {
  /** Of the names of its locations; unique in its server. */
  readonly id: number;
  readonly prefix: string;
  readonly target: Target;
  /** Name of the protected path that it is. @default - open to everybody */
  readonly guard?: string;
}

/** One name, or all that have no server of their own. */
export interface Server {
  /** @default - any name */
  readonly host?: string;
  readonly routes: readonly Route[];
}

interface Candidate {
  readonly host: string | undefined;
  readonly prefix: string;
  readonly target: Target;
}

/**
 * Who answers what: a server for each host that a service or a site names, and one for all other names. What has a
 * host wins over what has none, whatever its prefix, and among them the longest prefix.
 */
export function planServers({ services, content }: WebOptions): readonly Server[] {
  const all: readonly Candidate[] = [
    ...services.map(({ name, host, pathPrefix }) => ({
      host,
      prefix: pathPrefix,
      target: { kind: "service", name } as const,
    })),
    ...Object.entries(content.sites).map(([name, site]) => ({
      host: site.host,
      prefix: site.pathPrefix,
      target: { kind: "site", name, site } as const,
    })),
  ];
  const hosts = [...new Set(all.flatMap(({ host }) => host ?? []))].sort();
  const everybody = all.filter(({ host }) => host === undefined);
  return [
    { routes: routesOf(everybody, content.protectedPaths) },
    ...hosts.map((host) => {
      const own = all.filter((one) => one.host === host);
      // What has this host answers everything below its prefix, as Traefik has it.
      const others = everybody.filter(({ prefix }) => !own.some((one) => covers(one.prefix, prefix)));
      return { host, routes: routesOf([...own, ...others], content.protectedPaths) };
    }),
  ];
}

type Paths = Readonly<Record<string, { readonly pathPrefix: string }>>;

/** Open prefixes, then the protected ones, of which the first that fits wins. */
function routesOf(candidates: readonly Candidate[], protectedPaths: Paths): readonly Route[] {
  const guards = Object.entries(protectedPaths).map(([name, { pathPrefix }]) => ({
    name,
    prefix: pathPrefix,
  }));
  const guardOf = (prefix: string) =>
    longest(guards.filter((guard) => coversAnyCase(guard.prefix, prefix)))?.name;
  const open = candidates.filter(({ prefix }) => guardOf(prefix) === undefined);
  // Also what another service answers below a protected path.
  const below = candidates.flatMap(({ prefix, target }) => {
    const guard = guardOf(prefix);
    return guard === undefined ? [] : [{ prefix, target, guard }];
  });
  const guarded = guards.flatMap(({ name, prefix }) => {
    const owner = longest(candidates.filter((one) => coversAnyCase(one.prefix, prefix)));
    return owner === undefined || owner.prefix === prefix
      ? []
      : [{ prefix, target: owner.target, guard: name }];
  });
  const patterns = [...below, ...guarded].toSorted((a, b) => b.prefix.length - a.prefix.length);
  const prefixes = open
    .map(({ prefix, target }) => ({ prefix, target }))
    .toSorted((a, b) => (a.prefix < b.prefix ? -1 : 1));
  return [...prefixes, ...patterns].map((route, id) => ({ id, ...route }));
}

/** Applications may not care about the case of letters, and a protected path is protected in each. */
function coversAnyCase(prefix: string, path: string): boolean {
  return covers(prefix.toLowerCase(), path.toLowerCase());
}

function longest<T extends { readonly prefix: string }>(all: readonly T[]): T | undefined {
  return all.toSorted((a, b) => b.prefix.length - a.prefix.length)[0];
}
