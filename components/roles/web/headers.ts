import { assetHeader } from "./keeping";
import { profileOf, type WebOptions } from "./options";

/**
 * What a visitor's answer says besides its content. Every header stands here, none in a location: nginx takes all of
 * the outer ones away where an inner one is added. What the application says of itself is left as it is.
 */
export function visitorAnswerHeaders(options: WebOptions): string {
  const profile = profileOf(options);
  const { seconds, subdomains } = profile.hsts;
  const hsts = `max-age=${seconds}${subdomains ? "; includeSubDomains" : ""}`;
  const fixed = [
    ["X-Content-Type-Options", "nosniff"],
    ["X-Frame-Options", profile.frameOptions],
    ["X-XSS-Protection", profile.xssProtection],
    ["Referrer-Policy", profile.referrerPolicy],
  ].flatMap(([name, value]) => (name === undefined || value === undefined ? [] : [[name, value] as const]));
  return `${cacheControl(options)}
  # A page may be another one for who is logged in.
  map "$static|$uncached|$asset" $vary {
    default "";
    "||" Cookie;
  }
  # Over TLS alone, of which the load balancers tell.
  map "$visitor_scheme|$upstream_http_strict_transport_security" $hsts {
    default "";
    "https|" "${hsts}";
  }
${fixed.map(([name, value]) => unlessSaid(name, value)).join("\n")}
  proxy_hide_header Cache-Control;
  add_header Cache-Control $cache_control always;
  add_header Vary $vary always;
  add_header X-Cache $upstream_cache_status always;
  add_header Strict-Transport-Security $hsts always;
${fixed.map(([name]) => `  add_header ${name} $${variableOf(name)} always;`).join("\n")}`;
}

const variableOf = (header: string) => `own_${header.toLowerCase().replaceAll("-", "_")}`;

function unlessSaid(header: string, value: string): string {
  return `  map $upstream_http_${header.toLowerCase().replaceAll("-", "_")} $${variableOf(header)} {
    default "";
    "" "${value}";
  }`;
}

/** What is said of an answer that came from the cache was decided when it was kept; what was not kept is for one visitor. */
function cacheControl({ content: { cache } }: WebOptions): string {
  return `
  map $asset $static_keeping {
    default no-cache;
    1 "${assetHeader(cache)}";
  }
  map "$static|$status|$upstream_cache_status|$upstream_http_cache_control|$upstream_http_expires" $cache_control {
    default "private, no-store";
    "~^1\\|(?:200|206|304)\\|" $static_keeping;
    "~^1\\|3" no-cache;
    "~^1" no-store;
    "~^\\|(?:5|429)" no-store;
    # An old page, because the application has errors: others shall not keep it for as long as a new one.
    "~^\\|\\d+\\|STALE\\|(?!.*immutable)" "public, max-age=0, s-maxage=10";
    "~^\\|\\d+\\|[^|]*\\|.+\\|" $upstream_http_cache_control;
    "~^\\|\\d+\\|[^|]*\\|\\|." "";
  }`;
}
