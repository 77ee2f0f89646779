import { certificatePathOf, type EdgeOptions } from "./edge";
import { httpPort, httpsPort } from "./role";

/** Where HAProxy's visitors connect: HTTP, and HTTPS where there is a certificate. */
export function haproxyBinds(options: EdgeOptions): string {
  const certificate = certificatePathOf(options);
  const http = binds(options, httpPort);
  if (certificate === undefined) return http;
  return http + binds(options, httpsPort, ` ssl crt ${certificate} alpn h2,http/1.1`);
}

/** A bind for each family: one for both would show visitors of IPv4 under addresses of IPv6. */
function binds({ ipv6 = false }: EdgeOptions, port: number, tls = ""): string {
  const ofIpv6 = `  bind [::]:${port} v6only${tls}\n`;
  return `  bind :${port}${tls}\n${ipv6 ? ofIpv6 : ""}`;
}
