// From method and path to a route. The catalogue is there at once; the rest of the API, with its schemas, is loaded
// with the first request that needs it, so that a cloud answers soon after its start.
import FindMyWay from "find-my-way";
import type { Route } from "./calls/call";

export interface Match {
  readonly route: Route;
  readonly params: Readonly<Record<string, string>>;
}

export interface Router {
  /** Among the routes that are loaded. */
  findLoaded(method: string, path: string): Match | undefined;
  find(method: string, path: string): Promise<Match | undefined>;
  /** Methods that the path has. */
  methodsOf(path: string): Promise<readonly string[]>;
}

export interface RouterOptions {
  readonly first: readonly Route[];
  /** Called once, with the first path that `first` does not have. */
  readonly rest: () => Promise<readonly Route[]>;
}

/** More than the router takes by itself: a handler answers, and names of zones may have 255 characters. */
const longestParameter = 64 * 1024;
export const methods = ["GET", "POST", "PUT", "DELETE"] as const;

type Table = (method: string, path: string) => Match | undefined;

/** Paths are those of the API, `/v1/servers/1`, with or without a slash at the end. */
export function createRouter({ first, rest }: RouterOptions): Router {
  const table = tableOf(first);
  let others: Table | undefined;
  let loading: Promise<void> | undefined;
  const findLoaded = (method: string, path: string) => table(method, path) ?? others?.(method, path);
  const find = async (method: string, path: string) => {
    const loaded = findLoaded(method, path);
    if (loaded !== undefined || others !== undefined) return loaded;
    loading ??= rest().then((routes) => {
      others = tableOf(routes);
    });
    await loading;
    return findLoaded(method, path);
  };
  return {
    findLoaded,
    find,
    methodsOf: async (path) => {
      const found = await Promise.all(methods.map((method) => find(method, path)));
      return methods.filter((_, index) => found[index] !== undefined);
    },
  };
}

function tableOf(routes: readonly Route[]): Table {
  const table = FindMyWay({ ignoreTrailingSlash: true, maxParamLength: longestParameter });
  for (const route of routes) table.on(route.method, `/v1${route.path}`, () => undefined, route);
  return (method, path) => {
    const found = table.find(method as Route["method"], path);
    // The address may be no address, which is then nowhere.
    if (found?.store === undefined || found.store === null) return undefined;
    return { route: found.store as Route, params: found.params as Match["params"] };
  };
}
