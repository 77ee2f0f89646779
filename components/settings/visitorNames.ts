/** What decides which names a platform has, of its settings. */
export interface NamedSettings {
  readonly domain: string;
  /** @default - none */
  readonly aliases?: readonly string[];
  /** Services without `pathPrefix` are workers. */
  readonly app?: { readonly services: Readonly<Record<string, Answering>> };
  readonly web?: { readonly sites: Readonly<Record<string, Answering>> } | undefined;
}

/** What visitors reach. */
export interface Answering {
  readonly pathPrefix?: string | undefined;
  /** Host name that visitors must use for it. @default - any */
  readonly host?: string | undefined;
}

/** Names that a platform has in DNS, in its certificate and in its rules of routing: one list for all of them. */
export interface VisitorNames {
  /** Where somebody answers; the first is that of `url`. */
  readonly served: readonly [string, ...string[]];
  /** Whose visitors are sent to the first. */
  readonly aliases: readonly string[];
}

/** Certificates of most authorities have room for so many, Let's Encrypt's among them. */
export const mostNames = 100;

/**
 * The domain when it is somebody's, then the hosts of services and sites. Where each has a host of its own the domain
 * may be another platform's: then the first name is that of the shortest prefix.
 */
export function visitorNames(settings: NamedSettings): VisitorNames {
  const { domain, aliases = [] } = settings;
  const answering = answeringOf(settings);
  const hosts = [...new Set(answering.flatMap(({ host }) => host ?? []))];
  const isServed = answering.length === 0 || answering.some(({ host = domain }) => host === domain);
  const first = isServed ? domain : (answering[0]?.host ?? domain);
  return { served: [first, ...hosts.filter((host) => host !== first).sort()], aliases };
}

/** All of them, as a certificate and DNS have them. */
export function allNames({ served, aliases }: VisitorNames): readonly [string, ...string[]] {
  const [first, ...others] = served;
  return [first, ...new Set([...others, ...aliases])];
}

/** By prefix, the shortest first, and by name. */
function answeringOf({ app, web }: NamedSettings): readonly Answering[] {
  const all = [...Object.entries(app?.services ?? {}), ...Object.entries(web?.sites ?? {})];
  return all
    .filter(([, { pathPrefix }]) => pathPrefix !== undefined)
    .toSorted(([left], [right]) => (left < right ? -1 : 1))
    .map(([, one]) => one)
    .toSorted((left, right) => (left.pathPrefix?.length ?? 0) - (right.pathPrefix?.length ?? 0));
}
