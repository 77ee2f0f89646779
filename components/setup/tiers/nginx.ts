import { tierFiles } from "./paths";

/**
 * Lines of nginx's section http for asking machines of one role. nginx knows one name for all servers of an upstream,
 * so it asks for the role's, which every machine of the role has in its certificate.
 */
export function nginxAsks(role: string): string {
  return `
  proxy_ssl_certificate ${tierFiles.own};
  proxy_ssl_certificate_key ${tierFiles.own};
  proxy_ssl_trusted_certificate ${tierFiles.servers};
  proxy_ssl_verify on;
  proxy_ssl_verify_depth 2;
  proxy_ssl_name ${role};
  proxy_ssl_server_name on;
  proxy_ssl_protocols TLSv1.3;`;
}

/** The same for servers that `listen ... ssl`: who shows no certificate that may ask gets 400. */
export const nginxAnswers = `
  ssl_certificate ${tierFiles.own};
  ssl_certificate_key ${tierFiles.own};
  ssl_client_certificate ${tierFiles.clients};
  ssl_verify_client on;
  ssl_verify_depth 2;
  ssl_protocols TLSv1.3;
  ssl_session_cache shared:tiers:2m;`;
