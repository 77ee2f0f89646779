import type { EdgeOptions } from "./edge";
import { matchedRange } from "./ipv6Addresses";

/** Of HAProxy's visitors, before all rules. */
export function haproxyCdnNetworks({ cdn, ipv6 = false }: EdgeOptions): string {
  const ranges = (cdn?.ranges ?? []).map((range) => (ipv6 ? matchedRange(range) : range));
  return ranges.map((range) => `  acl from_cdn fc_src ${range}\n`).join("");
}

/**
 * HAProxy's first rules for a request. Who asks from the CDN's networks, and shows the secret where there is one, is
 * believed when it says who its visitor is; the secret goes no further. A header without an address counts for nothing.
 */
export function haproxyCdn({ cdn }: EdgeOptions): string {
  if (cdn === undefined) return "";
  const { clientHeader, secretHeader, secret } = cdn;
  const client = `req.hdr_ip(${clientHeader},-1)`;
  const shows = secret === undefined ? "" : ` { req.hdr(${secretHeader}) -m str ${secret} }`;
  return `  http-request set-var(txn.by_cdn) bool(true) if from_cdn${shows}
  acl by_cdn var(txn.by_cdn) -m bool
  http-request del-header ${secretHeader}
  http-request set-src ${client} if by_cdn { ${client} -m found }
`;
}

/** After those for challenges, which the authority asks for itself, and with \`asks_state\`, for which the pair does. */
export function haproxyCdnOnly({ cdn }: EdgeOptions): string {
  return cdn === undefined ? "" : "  http-request deny deny_status 403 if !by_cdn !asks_state\n";
}

/** Of nginx's http section. */
export function nginxCdn({ cdn }: EdgeOptions): string {
  if (cdn === undefined) return "";
  const { ranges, clientHeader, secretHeader, secret } = cdn;
  const variable = `$http_${secretHeader.toLowerCase().replaceAll("-", "_")}`;
  return `

  # Told by the CDN, and by nobody else.
${ranges.map((range) => `  set_real_ip_from ${range};`).join("\n")}
  real_ip_header ${clientHeader};
  geo $realip_remote_addr $from_cdn {
    default 0;
${ranges.map((range) => `    ${range} 1;`).join("\n")}
  }
  map "$from_cdn|${secret === undefined ? "" : variable}" $by_cdn {
    default 0;
    "1|${secret ?? ""}" 1;
  }
  proxy_set_header ${secretHeader} "";`;
}

/** What a location of nginx does before all else. */
export function nginxCdnOnly({ cdn }: EdgeOptions): string {
  if (cdn === undefined) return "";
  return `
      if ($by_cdn = 0) {
        return 403;
      }`;
}
