import { keptLines } from "./keeping";
import { logLines } from "./log";
import { groupOf, nodesAt, profileOf, repeatedWithinMs, timeoutOf, type WebOptions } from "./options";
import { passwordPath } from "./passwords";
import { literally } from "./paths";
import type { Route } from "./routes";
import { siteFolder } from "./sites";

/** A path of which nothing is answered, for what a site has no file of. */
export const nothingPath = "/.platform/nothing";

/** The locations of one prefix. */
export function locationsOf(route: Route, options: WebOptions): string {
  const { target } = route;
  return target.kind === "service"
    ? serviceLocations(route, target.name, options)
    : siteLocations(route, target.name, target.site.spa, options);
}

/**
 * A request to a service: what stays open goes through as it is, a large body goes through as it comes, a page that
 * may be kept is looked for among the kept ones, and everything else goes to the application alone.
 */
function serviceLocations(route: Route, service: string, options: WebOptions): string {
  const common = `${guardLines(route, options)}${logLines(service, options)}`;
  const keeps = options.content.cache.diskMb > 0;
  const times = timeLines(service, options);
  const entry = `
      set $service ${service};${route.guard === undefined ? "" : `\n      set $guarded ${guardKind(route.guard, options)};`}${common}${times}
      error_page 418 = @open${route.id};
      error_page 419 = @body${route.id};${keeps ? `\n      error_page 420 = @kept${route.id};` : ""}
      if ($stays_open) {
        return 418;
      }
      if ($streams_body) {
        return 419;
      }${keeps ? '\n      if ($uncached = "") {\n        return 420;\n      }' : ""}
      proxy_pass ${nodesAt(options, groupOf(service))};`;
  const named = `
    location @open${route.id} {${common}
      proxy_read_timeout 1h;
      proxy_send_timeout 1h;
      proxy_buffering off;
      proxy_pass ${nodesAt(options, groupOf(service))};
    }
    location @body${route.id} {${common}${times}
      proxy_request_buffering off;
      proxy_pass ${nodesAt(options, groupOf(service))};
    }${keeps ? `\n    location @kept${route.id} {${common}${keptTimes(service, options)}${keptLines}\n    }` : ""}`;
  return `${places(route)
    .map((place) => `\n    location ${place} {${entry}\n    }`)
    .join("")}${named}`;
}

/** Of a service with a limit of its own. */
function timeLines(service: string, options: WebOptions): string {
  const seconds = timeoutOf(service, options);
  if (seconds === profileOf(options).readSeconds) return "";
  return `
      proxy_read_timeout ${seconds}s;
      proxy_next_upstream_timeout ${repeatedWithinMs(seconds, options)}ms;`;
}

/** Longer than all attempts to reach the application together, which are made behind the cache. */
function keptTimes(service: string, options: WebOptions): string {
  const { connectSeconds } = profileOf(options);
  return `\n      proxy_read_timeout ${timeoutOf(service, options) + 2 * connectSeconds + 5}s;`;
}

function siteLocations(route: Route, name: string, spa: boolean, options: WebOptions): string {
  const { prefix } = route.target.kind === "site" ? { prefix: route.target.site.pathPrefix } : route;
  const index = `${prefix === "/" ? "" : prefix}/index.html`;
  const fallback = spa ? `$asset_or${route.id}` : nothingPath;
  const body = `${guardLines(route, options)}${logLines(name, options)}
      set $static 1;
      set $guarded "";${spa ? `\n      set ${fallback} ${index};\n      if ($asset) {\n        set ${fallback} ${nothingPath};\n      }` : ""}
      if ($hidden) {
        return 404;
      }
      root ${siteFolder(name)}/current;
      index index.html;
      charset utf-8;
      try_files $uri $uri/ ${fallback};`;
  return places(route)
    .map((place) => `\n    location ${place} {${body}\n    }`)
    .join("");
}

/** `/api` is itself and what lies below it, not `/apiary`. A protected path is that in any case of its letters. */
function places({ prefix, guard }: Route): readonly string[] {
  if (guard !== undefined) return [prefix === "/" ? "~* ^/" : `~* "^${literally(prefix)}(?:/|$)"`];
  return prefix === "/" ? ["/"] : [`= ${prefix}`, `${prefix}/`];
}

/** Whether a request on a protected path brings a password for this machine. */
function guardKind(guard: string, { content }: WebOptions): string {
  return Object.keys(content.protectedPaths[guard]?.users ?? {}).length > 0 ? "users" : "ranges";
}

function guardLines({ guard }: Route, options: WebOptions): string {
  const path = guard === undefined ? undefined : options.content.protectedPaths[guard];
  if (guard === undefined || path === undefined) return "";
  const allowed = path.ranges.map((range) => `\n      allow ${range};`).join("");
  const ranges = allowed === "" ? "" : `${allowed}\n      deny all;`;
  if (guardKind(guard, options) === "ranges") return ranges;
  return `${ranges}\n      auth_basic "${guard}";\n      auth_basic_user_file ${passwordPath(guard)};`;
}
