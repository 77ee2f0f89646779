import { internalPrefix } from "../../setup/site";
import { pairAddresses } from "./addresses";
import { nginxCdnOnly } from "./cdn";
import { challengePath } from "./challenges";
import { certificatePathOf, connectionLimit, type EdgeOptions, nodesAt } from "./edge";
import { mostQuestions } from "./haproxyAgents";
import { nginxElsewhere, nginxIssued, nginxToHttps, nginxUntilIssued } from "./hosts";
import { nginxLimits } from "./nginxLimits";
import { nobodyReadyPath } from "./nginxProbe";
import { nginxTls } from "./nginxTls";
import { httpPort, httpsPort } from "./role";

/** The servers that visitors speak with: HTTP, and HTTPS where there is a certificate. */
export function visitorServers(options: EdgeOptions): string {
  const certificate = certificatePathOf(options);
  const locations = visitorLocations(options, nginxElsewhere(options));
  const servers = [`${listens(options, httpPort, "default_server")}${plainLocations(options)}`];
  if (certificate !== undefined) {
    servers.push(
      `${listens(options, httpsPort, "ssl default_server")}\n    http2 on;\n${nginxTls(certificate)}${locations}`,
    );
  }
  return servers.map((body) => `\n  server {\n    set $any_replica "";\n    ${body}\n  }`).join("\n");
}

/** Each family for itself, which is what nginx does with an address of IPv6 when nothing else is said. */
function listens({ ipv6 = false }: EdgeOptions, port: number, how: string): string {
  return [`listen ${port} ${how};`, ...(ipv6 ? [`listen [::]:${port} ${how};`] : [])].join("\n    ");
}

/** Of port 80. */
function plainLocations(options: EdgeOptions): string {
  if (options.acme !== undefined) return untilIssued(options);
  const isElsewhere = certificatePathOf(options) !== undefined && options.redirectToHttps;
  return isElsewhere ? redirectLocations(options) : visitorLocations(options, nginxElsewhere(options));
}

/**
 * What the authority asks for is answered under every name. Until it has issued a certificate nobody is sent to one
 * that no browser takes.
 */
function untilIssued(options: EdgeOptions): string {
  return `${nginxIssued}
    location ^~ ${challengePath} {
      proxy_pass http://challenges;
    }${visitorLocations(options, nginxUntilIssued(options))}`;
}

/** @param first what the site's own location does before it asks a node */
function visitorLocations(options: EdgeOptions, first: string): string {
  return `
    if (-f ${nobodyReadyPath}) {
      set $any_replica yes;
    }
    add_header X-Edge ${options.machine.name} always;
    add_header X-Request-ID $request_id always;
    limit_conn visitors ${visitorLimit(options)};${nginxLimits(options)}
    error_page 418 = @stays_open;
    location / {${nginxCdnOnly(options)}${first}
      if ($stays_open) {
        return 418;
      }
      proxy_pass ${nodesAt(options, "app")};
    }
    location @stays_open {
      proxy_read_timeout 1h;
      proxy_send_timeout 1h;
      proxy_buffering off;
      proxy_pass ${nodesAt(options, "streams")};
    }
    location ${internalPrefix} {
      return 404;
    }
${stateLocations(options)}`;
}

function redirectLocations(options: EdgeOptions): string {
  return `
    location / {${nginxCdnOnly(options)}${nginxToHttps(options)}
    }
${stateLocations(options)}`;
}

/** Visitors at the same time; nginx counts them in sixteen bits. */
export function visitorLimit(options: EdgeOptions): number {
  return Math.min(65_535, connectionLimit(options.machine.size.memoryGb));
}

/** What the peer asks over the public side. */
function stateLocations({ mode }: EdgeOptions): string {
  const locations = pairAddresses(mode).map(
    ({ publicPage, suffix }) => `    location = ${publicPage} {
      # The agent judges who asks; what cannot be the peer's question does not get so far.
      if ($may_be_peer = "") {
        return 404;
      }
      access_log off;
      limit_req zone=asking_for_state burst=${mostQuestions} nodelay;
      proxy_pass http://agent${suffix};
    }`,
  );
  return locations.join("\n");
}
