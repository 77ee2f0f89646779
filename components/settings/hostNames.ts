/** One label of a host name, RFC 1123. */
export const hostLabel = "[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?";

// A last label of digits alone would be an address.
const hostPattern = new RegExp(`^(?=.{1,253}$)(?!(?:.*\\.)?\\d+$)${hostLabel}(\\.${hostLabel})+$`);

/** True for a lower-case host name with a dot: `www.example.com`. */
export function isHostName(text: string): boolean {
  return hostPattern.test(text);
}

interface Named {
  readonly domain: string;
  readonly app: { readonly services: Readonly<Record<string, Routed>> };
}

interface Routed {
  readonly host?: string | undefined;
  readonly pathPrefix?: string | undefined;
}

/**
 * What is wrong with the names that visitors use; empty: nothing. They stand in the configuration of both proxies. A
 * stack's configuration knows no `host` of a service: only a program can have written a wrong one.
 */
export function hostProblems({ domain, app }: Named): string[] {
  const allowed = "a lower-case host name with a dot: www.example.com";
  const routes = new Map<string, string>();
  const ofServices = Object.entries(app.services).flatMap(([name, { host, pathPrefix }]) => {
    const path = `settings.app.services.${name}`;
    if (host !== undefined && !isHostName(host)) {
      return [`${path}.host: got ${JSON.stringify(host)}, allowed ${allowed}`];
    }
    if (pathPrefix === undefined) return [];
    const route = `${host ?? ""}${pathPrefix}`;
    const other = routes.get(route);
    if (other === undefined) routes.set(route, name);
    return other === undefined ? [] : [`${path}: ${other} has the same host and pathPrefix ${pathPrefix}`];
  });
  if (isHostName(domain)) return ofServices;
  return [`settings.domain: got ${JSON.stringify(domain)}, allowed ${allowed}`, ...ofServices];
}
