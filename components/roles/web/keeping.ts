import type { PageCacheSettings } from "./cacheSettings";
import { groupOf, keepingPort, longestTimeout, nodesAt, type WebOptions } from "./options";
import { literally } from "./paths";

export const cacheFolder = "/var/lib/nginx/kept";

/** Bytes of shared memory for a kept answer are some 128, and one takes 16 KiB of disk at the least to be worth it. */
const keysMb = (diskMb: number) => Math.max(2, Math.ceil(diskMb / 128));

/** Kept answers are forgotten that nobody has asked for in this time, whatever their age. */
const forgottenAfter = "24h";

/** Seconds for which "there is no such page" is kept: a flood of wrong addresses asks the application once. */
const goneSeconds = 10;

/** For so long may somebody else's cache, a CDN's for example, answer with an old page while this site has errors. */
const staleOnErrorSeconds = 86_400;

/** File with the generation of what is kept; another one, and nothing that was kept is found any more. */
export const generationPath = "/var/lib/platform-web/generation.map";

/** Key of a kept answer; `platform-purge` looks for it by its beginning. */
export const keptKey = "$visitor_scheme://$host$request_uri $generation";

/** What is known of a request before it is answered: whether somebody else may get the same answer. */
export function requestMaps({ content: { cache, uncachedServices } }: WebOptions): string {
  const never = cache.neverPrefixes.map((prefix) => (prefix === "/" ? "" : literally(prefix)));
  const list = (values: readonly string[]) => values.map((value) => `    ${value}\n`).join("");
  return `
  map "" $generation {
    default 0;
    include ${generationPath}*;
  }
  map $uri $asset {
    default "";
${list(cache.assetExtensions.length === 0 ? [] : [`"~*\\.(?:${cache.assetExtensions.join("|")})$" 1;`])}  }
  map $http_cookie $has_cookie {
    default 1;
    "" "";
${list(harmless(cache.harmlessCookies))}  }
  map $http_authorization $has_login {
    default 1;
    "" "";
  }
  # Every browser sends its cookies for assets too.
  map "$asset|$has_cookie|$has_login" $personal {
    default 1;
    "||" "";
    "~^1\\|1?\\|$" "";
  }
  map $uri $never_kept {
    default "";
${list(never.length === 0 ? [] : [`"~^(?:${never.join("|")})(?:/|$)" 1;`])}  }
  map $service $service_uncached {
    default "";
${list(uncachedServices.map((name) => `${name} 1;`))}  }
  map "$request_method|$personal|$never_kept|$http_upgrade|$guarded|$service_uncached" $uncached {
    default 1;
${list(cache.diskMb === 0 ? [] : ['"~^(?:GET|HEAD)\\|\\|\\|\\|\\|$" "";'])}  }
  map $uncached $kept_service {
    default "";
    "" $service;
  }`;
}

function harmless(cookies: readonly string[]): readonly string[] {
  if (cookies.length === 0) return [];
  const names = cookies.map((name) =>
    name.endsWith("*") ? `${literally(name.slice(0, -1))}[^=;]*` : literally(name),
  );
  return [`"~^(?:(?:${names.join("|")})=[^;]*(?:; *|$))+$" "";`];
}

/** Where kept answers lie. They are never larger together than the settings say, but for what is just being written. */
export function cacheZone({ content: { cache } }: WebOptions): string {
  if (cache.diskMb === 0) return "";
  return `
  proxy_cache_path ${cacheFolder} levels=1:2 keys_zone=kept:${keysMb(cache.diskMb)}m max_size=${cache.diskMb}m inactive=${forgottenAfter} use_temp_path=off;
  proxy_cache_key "${keptKey}";`;
}

/**
 * Lines of a location whose answers are kept. All that says for how long stands in the answer itself: see
 * `keepingServer`. Of an error nothing is kept, and while there are errors the last good answer is given again.
 */
export const keptLines = `
      proxy_cache kept;
      proxy_cache_bypass $http_upgrade;
      # Who comes while the first is answered waits for the same, but not long: it may be for the first alone.
      proxy_cache_lock on;
      proxy_cache_lock_timeout 300ms;
      proxy_cache_background_update on;
      proxy_cache_revalidate on;
      proxy_cache_use_stale error timeout invalid_header http_429 http_500 http_502 http_503 http_504;
      proxy_next_upstream off;
      proxy_pass http://kept;`;

/**
 * Between the cache and the application, on loopback: writes into an answer how long it may be kept, where the
 * application says nothing itself, and takes from an error what would have it kept in place of the good one.
 *
 * The cache obeys what stands in the answer, as every other cache on the way to the visitor does. Told by its own
 * configuration it would give a page that must not be kept any more for as long as somebody asks for it.
 */
export function keepingServer(options: WebOptions): string {
  if (options.content.cache.diskMb === 0 || options.services.length === 0) return "";
  return `${keepingMaps(options)}
  upstream kept {
    server 127.0.0.1:${keepingPort} max_fails=0;
    keepalive 64;
  }
  server {
    listen 127.0.0.1:${keepingPort};
    access_log off;
    location / {
      proxy_set_header Host $http_host;
      proxy_set_header Connection "";
      proxy_set_header X-Platform-Service "";
      # Of whatever service it is; the machines behind it know which, and give up first.
      proxy_read_timeout ${longestTimeout(options)}s;
      proxy_hide_header Cache-Control;
      add_header Cache-Control $keeping always;
      proxy_pass ${nodesAt(options, "$service_group")};
    }
  }`;
}

/** What kind of answer it is, and what is written into it. */
function keepingMaps({ content: { cache }, services }: WebOptions): string {
  return `
  map $http_x_platform_service $service_group {
    default none;
${services.map(({ name }) => `    ${name} ${groupOf(name)};`).join("\n")}
  }
  map $upstream_http_set_cookie $for_one {
    default 1;
    "" "";
  }
  map "$status|$for_one" $answer {
    default other;
    "~^(?:200|203|304)\\|$" good;
    "~^(?:301|308)\\|$" moved;
    "~^(?:404|410)\\|$" gone;
    "~^(?:5|429)" error;
  }
  map "$asset|$args" $usual {
    default "${pageHeader(cache, cache.pageSeconds)}";
    "~^1" "${assetHeader(cache)}";
    "~^\\|." "${pageHeader(cache, cache.querySeconds)}";
  }
  map "$answer|$upstream_http_cache_control|$upstream_http_expires" $keeping {
    default "private, no-store";
    "~^error" no-store;
    "~^[a-z]+\\|.+\\|" $upstream_http_cache_control;
    # It has said so in the old way.
    "~^[a-z]+\\|\\|." "";
    "good||" $usual;
    "moved||" "${pageHeader(cache, cache.pageSeconds)}";
    "gone||" "public, max-age=0, s-maxage=${goneSeconds}";
  }`;
}

/** Of files whose name changes with their content. */
export function assetHeader({ assetSeconds }: PageCacheSettings): string {
  return assetSeconds === 0 ? "no-cache" : `public, max-age=${assetSeconds}, immutable`;
}

/**
 * Of pages. Browsers ask each time, so that who logs in, and who comes after a release, sees no page of before; what
 * lies between may keep it.
 */
function pageHeader({ staleSeconds }: PageCacheSettings, seconds: number): string {
  if (seconds === 0) return "private, no-store";
  const stale = `stale-while-revalidate=${staleSeconds}, stale-if-error=${staleOnErrorSeconds}`;
  return `public, max-age=0, s-maxage=${seconds}, ${stale}`;
}
