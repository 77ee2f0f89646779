import { pairAddresses } from "./addresses";
import { challengePath } from "./challenges";
import type { EdgeOptions } from "./edge";
import { limitsOf, rememberedClients } from "./limits";

/** A client takes 128 bytes of it; those that have been silent longest make room. */
const zoneKb = Math.ceil((rememberedClients * 128) / 1024);

/**
 * Of the http section: who asks, and what counts. Households and servers have 64 bits of IPv6 for themselves. Each
 * machine counts for itself, and nginx counts once it has read the head of a request.
 */
export function nginxLimitZones(options: EdgeOptions): string {
  const limits = limitsOf(options);
  if (limits === undefined) return "";
  const paths = limits.unlimitedPaths.map((path) => path.slice(1).replaceAll(".", "\\."));
  const uncounted = paths.length === 0 ? "" : `\n    "~^/(?:${paths.join("|")})(?:/|$)" "";`;
  return `

  map $binary_remote_addr $client {
    default $binary_remote_addr;
    "~(?s)^(?<client_network>.{8}).{8}$" $client_network;
  }

  # Of the path that dots and escapes lead to.
  map $uri $counted_client {
    default $client;
${pairAddresses(options.mode)
  .map(({ publicPage }) => `    ${publicPage} "";`)
  .join("\n")}
    "~^${challengePath.replaceAll(".", "\\.")}" "";${uncounted}
  }

  # Not of the application's own answer. A second makes room for as many requests as it may have.
  map "$status|$upstream_status" $retry_after {
    default "";
    "429|" 1;
  }
  limit_req_zone $counted_client zone=rate:${zoneKb}k rate=${limits.requestsPerSecond}r/s;
  limit_req_status 429;
  limit_conn_zone $client zone=clients:${zoneKb}k;`;
}

/** Of a server that visitors speak with. Requests at a time are refused as those above the limit of all visitors are. */
export function nginxLimits(options: EdgeOptions): string {
  const limits = limitsOf(options);
  if (limits === undefined) return "";
  // Beside the first one, which is no burst.
  const waiting = limits.burst > 1 ? ` burst=${limits.burst - 1} nodelay` : "";
  return `
    limit_req zone=rate${waiting};
    limit_conn clients ${Math.min(65_535, limits.connections)};
    add_header Retry-After $retry_after always;`;
}
