import type { EdgeOptions } from "./edge";
import { type Limits, limitsOf, rememberedClients } from "./limits";
import { limitsPort } from "./role";

/**
 * Who asks. Households and servers have 64 bits of IPv6 for themselves. A bind that took both families would give
 * IPv4 as IPv6, and all of it would be one client: each has a bind of its own.
 */
const client = "src,ipmask(32,64)";

/** Counts requests that are being answered, for this machine alone. */
const table = "being_answered";

/** In the global section, before the peers. */
export function haproxyPeerName(options: EdgeOptions): string {
  return limitsOf(options) === undefined ? "" : `\n  localpeer ${options.machine.name}`;
}

/**
 * What each load balancer has counted. Each counts in a table of its own name and learns the other one's, so that
 * what a client has sent to both is a sum, and none of them overwrites what the other knows. A reload hands both to
 * the new worker, by the same way.
 */
export function haproxyCounters(options: EdgeOptions): string[] {
  const limits = limitsOf(options);
  if (limits === undefined) return [];
  const { machine, peer } = options;
  // What is counted in one window fades in the next one.
  const expire = Math.max(30_000, 2 * limits.windowMs);
  const counters = [machine, peer].map(
    ({ name }) =>
      `  table ${name} type ipv6 size ${rememberedClients} expire ${expire}ms store http_req_rate(${limits.windowMs}ms)`,
  );
  return [
    `peers balancers
  bind ${machine.privateIp}:${limitsPort}
  server ${machine.name}
  server ${peer.name} ${peer.privateIp}:${limitsPort}
${counters.join("\n")}`,
    `backend ${table}
  stick-table type ipv6 size ${rememberedClients} expire 1m store conn_cur`,
  ];
}

/**
 * Of the visitors' frontend, before a request is read: connections of one client. A request that comes slowly costs
 * a connection here, and nothing behind: what an application node is given has arrived, or as much of it as fits into
 * a buffer has, within \`timeout http-request\`.
 */
export function haproxyConnectionLimits(options: EdgeOptions): string {
  const limits = limitsOf(options);
  if (limits === undefined) return "";
  // A CDN has few connections for many visitors.
  const who = options.cdn === undefined ? "" : " unless from_cdn";
  return `  option http-buffer-request
  stick-table type ipv6 size ${rememberedClients} expire 1m store conn_cur
  tcp-request connection track-sc0 ${client}${who}
  tcp-request connection reject if { sc0_conn_cur gt ${limits.connections} }
`;
}

/**
 * Requests of one client, after those for challenges and for the pair's own state have gone their way. Many of them
 * come over one connection with HTTP/2, so those that are being answered are counted for themselves. What is refused
 * does not count: who asks a little too often gets what is allowed, and not nothing.
 */
export function haproxyRequestLimits(options: EdgeOptions): string {
  const limits = limitsOf(options);
  if (limits === undefined) return "";
  const { machine, peer } = options;
  const asked = (name: string) => `${client},table_http_req_rate(balancers/${name})`;
  const refuse = `http-request deny deny_status 429 hdr Retry-After ${limits.retryAfterSeconds} content-type text/plain string "too many requests"`;
  return `${counted(limits)}\
  acl is_counted var(txn.is_counted) -m bool
  http-request track-sc1 ${client} table ${table} unless asks_state
  ${refuse} if { sc1_conn_cur gt ${limits.connections} }
  http-request set-var(txn.asked_there) ${asked(peer.name)} if is_counted
  acl asked_enough ${asked(machine.name)},add(txn.asked_there) ge ${limits.burst}
  ${refuse} if is_counted asked_enough
  http-request track-sc2 ${client} table balancers/${machine.name} if is_counted
`;
}

/** Dots, double slashes and escapes may lead a node to another path than the one that is written here. */
function counted({ unlimitedPaths }: Limits): string {
  if (unlimitedPaths.length === 0)
    return "  http-request set-var(txn.is_counted) bool(true) unless asks_state\n";
  const below = unlimitedPaths.map((path) => `${path}/`);
  return `  acl is_unlimited path ${unlimitedPaths.join(" ")}
  acl is_unlimited path_beg ${below.join(" ")}
  acl is_crooked path_sub .. // %
  http-request set-var(txn.is_counted) bool(true) if !is_unlimited !asks_state or is_crooked
`;
}
