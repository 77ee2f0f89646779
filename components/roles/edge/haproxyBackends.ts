import { anyReplicaHeader } from "../../setup/site";
import { tierFiles } from "../../setup/tiers/paths";
import { haproxyBalance, haproxyRepetition, haproxySticky, stickyServer } from "./balancing";
import {
  type CompleteBackend,
  certifiedRole,
  completeBackends,
  connectionLimit,
  type EdgeOptions,
  healthPaths,
} from "./edge";

/**
 * The same machines four times, as they are used:
 *
 * - `app`: requests, to machines that say they are ready
 * - `streams`: what stays open (WebSockets, event streams), to the same machines, outside of their limit
 * - `anyone`: requests while no machine says that it is ready; nothing is checked
 * - `reach`: no requests; whether this load balancer reaches anybody
 */
export function haproxyBackends(options: EdgeOptions): string[] {
  const backends = completeBackends(options);
  return [app(options, backends), streams(options, backends), anyone(options, backends), reach(backends)];
}

/** Backends that an operator drains a machine in. */
export const drainedBackends = ["app", "streams", "anyone"] as const;

/**
 * A node that fails its checks gets no new request, and the requests that it has may end: it is often only busy or
 * about to stop. Whether it still exists is the kernel's to tell: one that has acknowledged nothing for 3 s does
 * not, and what it owed is asked of another node.
 */
const vanished = `  option srvtcpka
  srvtcpka-idle 1s
  srvtcpka-intvl 1s
  srvtcpka-cnt 3`;

function app(options: EdgeOptions, backends: readonly CompleteBackend[]): string {
  const checks = healthPaths(options).map(
    (path) => `  http-check connect${certifiedRole(options) === undefined ? "" : " default"}
  http-check send meth GET uri ${path} ver HTTP/1.1 hdr Host ${options.domain}
  http-check expect status 200-299`,
  );
  return `backend app
  balance ${haproxyBalance(options)}${haproxySticky(options)}
  # A connection must come about within \`inter\`; an answer may take longer on a busy machine.
  timeout check 4s
  option httpchk
${checks.join("\n")}
${vanished}
${haproxyRepetition(options)}
  default-server check inter 1s fastinter 250ms downinter 1s fall 3 rise 2 slowstart 5s observe layer7 error-limit 3 on-error fastinter tcp-ut 3s
${servers(backends, ({ name, maxRequests }) => `maxconn ${maxRequests}${stickyServer(options, name)}`)}`;
}

function streams(options: EdgeOptions, backends: readonly CompleteBackend[]): string {
  return `backend streams
  balance ${haproxyBalance(options)}${haproxySticky(options)}
  # An event stream may be silent for as long as a WebSocket.
  timeout server 1h
${vanished}
${haproxyRepetition(options)}
  default-server tcp-ut 3s maxconn ${connectionLimit(options.machine.size.memoryGb)}
${servers(backends, ({ name }) => `track app/${name}${stickyServer(options, name)}`)}`;
}

function anyone(options: EdgeOptions, backends: readonly CompleteBackend[]): string {
  return `backend anyone
  balance ${haproxyBalance(options)}${haproxySticky(options)}
  http-request set-header ${anyReplicaHeader} yes
${vanished}
${haproxyRepetition(options)}
  default-server tcp-ut 3s
${servers(backends, ({ name, maxRequests }) => `maxconn ${maxRequests}${stickyServer(options, name)}`)}`;
}

function reach(backends: readonly CompleteBackend[]): string {
  return `backend reach
  # A connection alone is asked for, which the kernel of a busy node gives too.
  default-server check inter 500ms fastinter 250ms downinter 1s fall 2 rise 1
${backends.map(({ name, endpoint }) => `  server ${name} ${endpoint}`).join("\n")}`;
}

function servers(backends: readonly CompleteBackend[], more: (backend: CompleteBackend) => string): string {
  return backends
    .map((backend) => `  server ${backend.name} ${backend.endpoint} ${more(backend)}${overTls(backend)}`)
    .join("\n");
}

/** Each machine by its own authority: none can answer in the place of another. */
function overTls({ certified }: CompleteBackend): string {
  if (certified === undefined) return "";
  const { hostname } = certified;
  const own = ` ssl crt ${tierFiles.own} ssl-min-ver TLSv1.3`;
  return `${own} ca-file ${tierFiles.authority(hostname)} verify required verifyhost ${hostname} sni str(${hostname}) check-sni ${hostname}`;
}
