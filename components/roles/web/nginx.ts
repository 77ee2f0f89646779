import { internalPrefix, nodeHealthPath, proxyHealthPath, siteEntrance } from "../../setup/site";
import { nginxAnswers, nginxAsks } from "../../setup/tiers/nginx";
import { finishSeconds } from "../../setup/waits";
import { compression } from "./compression";
import { visitorAnswerHeaders } from "./headers";
import { cacheZone, keepingServer, requestMaps } from "./keeping";
import { locationsOf } from "./locations";
import { logMaps } from "./log";
import { longestTimeout, nodesAt, profileOf, repeatedWithinMs, type WebOptions } from "./options";
import { planServers, type Server } from "./routes";
import { SiteSource, siteFolder } from "./sites";
import { upstreams } from "./upstreams";
import { visitorHeaders, visitorMaps } from "./visitors";

/** While it exists the machine is about to leave: the load balancers shall send nothing more. */
export const leavingPath = "/run/platform-web/leaving";

/** Visitors at the same time for each GB of memory: each may have an answer of a megabyte waiting here. */
const visitorsPerGb = 512;

/** The whole configuration file. Judged by `nginx -t` of Debian 13 (1.26). */
export function webConfig(options: WebOptions): string {
  const { vcpus, memoryGb } = options.machine.size;
  // A visitor has one connection, another to the cache, which has the third, and the fourth leads to the application.
  const connections = Math.ceil(visitorsPerGb * memoryGb) * 4 + 1000;
  return `include /etc/nginx/modules-enabled/*.conf;
user www-data;
worker_processes ${vcpus};
worker_rlimit_nofile ${connections * 2};
worker_shutdown_timeout ${finishSeconds(longestTimeout(options))}s;
pid /run/nginx.pid;
error_log stderr warn;

events {
  worker_connections ${connections};
}

http {
${basics(options)}
${[
  visitorMaps(options),
  streamMaps,
  requestMaps(options),
  logMaps(options),
  compression(options),
  proxyDefaults(options),
  options.nodesRole === undefined ? "" : nginxAsks(options.nodesRole),
  options.overTls ? nginxAnswers : "",
  visitorHeaders,
  visitorAnswerHeaders(options),
  cacheZone(options),
  upstreams(options),
  keepingServer(options),
  ...planServers(options).map((server) => visitorServer(server, options)),
]
  .filter((part) => part !== "")
  .map((part) => part.replace(/^\n/, ""))
  .join("\n\n")}
}
`;
}

function basics({ content }: WebOptions): string {
  return `  server_tokens off;
  include /etc/nginx/mime.types;
  default_type application/octet-stream;
  sendfile on;
  tcp_nopush on;
  access_log off;
  # Longer than the load balancers keep an idle connection: they close first, so no request is lost.
  keepalive_timeout 180s;
  keepalive_requests 100000;
  client_header_timeout 10s;
  client_body_timeout 30s;
  send_timeout 30s;
  client_max_body_size ${content.maxBodyMb}m;
  # Such a body waits here until it is whole, in memory; what is larger goes through as it comes. None is on the disk.
  client_body_buffer_size 1000k;
  large_client_header_buffers 8 16k;
  # Names may have 253 characters.
  map_hash_bucket_size 512;
  server_names_hash_bucket_size 512;
  proxy_headers_hash_max_size 1024;`;
}

/** Which requests take another way through. */
const streamMaps = `
  map $http_upgrade $connection_upgrade {
    default upgrade;
    "" "";
  }
  # WebSockets and event streams stay open, so they are outside of the limits for requests.
  map "$http_upgrade $http_accept" $stays_open {
    default "";
    "~*^websocket " 1;
    "~*text/event-stream" 1;
  }
  # A megabyte and more, and what does not say how large it will be.
  map "$content_length|$http_transfer_encoding" $streams_body {
    default "";
    "~^\\d{7,}\\|" 1;
    "~\\|." 1;
  }
  map $guarded $authorization {
    default $http_authorization;
    users "";
  }
  map $uri $hidden {
    default "";
    "~/\\.(?!well-known(?:/|$))" 1;
  }`;

/**
 * A request is repeated once, on another node: when no connection came about or it broke, and for 502 and 503, which
 * a node's proxy gives when it has no replica. nginx repeats no POST that it has sent. What was slow is never
 * repeated.
 */
function proxyDefaults(options: WebOptions): string {
  const { connectSeconds, sendSeconds, readSeconds, headKb, buffers } = profileOf(options);
  return `
  proxy_http_version 1.1;
  proxy_connect_timeout ${connectSeconds}s;
  proxy_send_timeout ${sendSeconds}s;
  proxy_read_timeout ${readSeconds}s;
  proxy_next_upstream error timeout http_502 http_503;
  proxy_next_upstream_tries 2;
  proxy_next_upstream_timeout ${repeatedWithinMs(readSeconds, options)}ms;
  proxy_request_buffering on;
  # The application is done with an answer that fits in here, however slow the visitor is. What is not kept is not put
  # on the disk.
  proxy_buffering on;
  proxy_buffer_size ${headKb}k;
  proxy_buffers ${buffers.count} ${buffers.sizeKb}k;
  proxy_busy_buffers_size ${buffers.busyKb}k;
  proxy_max_temp_file_size 0;
  # Where files lie is not the application's to say.
  proxy_ignore_headers X-Accel-Redirect;
  proxy_socket_keepalive on;`;
}

function visitorServer({ host, routes }: Server, options: WebOptions): string {
  const { port } = siteEntrance(options.overTls === true);
  const tls = options.overTls ? " ssl" : "";
  const listen = `listen ${options.machine.privateIp}:${port}${tls}${host === undefined ? " default_server" : ""};`;
  const rest = routes.some(({ prefix }) => prefix === "/")
    ? ""
    : "\n    location / {\n      return 404;\n    }";
  return `
  server {
    ${listen}
    server_name ${host ?? "_"};
    set $service "";
    set $static "";
    set $guarded "";
    ${healthLocations(options)}${routes.map((route) => locationsOf(route, options)).join("")}${rest}
  }`;
}

/** Whose files come with a set-up or by hand; the first release of a store is published where the site is known already. */
function awaitedSites(sites: WebOptions["content"]["sites"]): readonly string[] {
  return Object.entries(sites)
    .filter(([, { source, release }]) => source !== SiteSource.ObjectStore || release !== undefined)
    .map(([name]) => name);
}

/**
 * For the load balancers: whether this machine takes requests, which it denies before it stops, and whether it can
 * serve: it has the files of its sites, and reaches a node that is ready.
 */
function healthLocations(options: WebOptions): string {
  const files = awaitedSites(options.content.sites).map(
    (name) => `
      if (!-e ${siteFolder(name)}/current) {
        return 503;
      }`,
  );
  const answer =
    options.nodes.length === 0
      ? "\n      return 200;"
      : `
      proxy_set_header Host ${options.domain};
      proxy_set_header Connection "";
      proxy_connect_timeout 500ms;
      proxy_read_timeout 3s;
      proxy_next_upstream error timeout http_502 http_503 http_504;
      proxy_next_upstream_tries 0;
      proxy_next_upstream_timeout 3s;
      proxy_pass ${nodesAt(options, "nodes")}${nodeHealthPath};`;
  return `
    location = ${proxyHealthPath} {
      if (-f ${leavingPath}) {
        return 503;
      }
      return 200;
    }
    location = ${nodeHealthPath} {${files.join("")}${answer}
    }
    location ^~ ${internalPrefix} {
      return 404;
    }`;
}
