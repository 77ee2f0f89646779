import { internalPrefix, publicStatePath } from "../../setup/site";
import { issuedFlag } from "./acmeInstall";
import { challengePath } from "./challenges";
import { certificatePathOf, connectionLimit, type EdgeOptions } from "./edge";
import { nobodyReadyPath } from "./nginxProbe";
import { nginxTls } from "./nginxTls";
import { httpPort, httpsPort } from "./role";
import { OtherHosts } from "./settings";

/** The servers that visitors speak with: HTTP, and HTTPS where there is a certificate. */
export function visitorServers(options: EdgeOptions): string {
  const certificate = certificatePathOf(options);
  const locations = visitorLocations(options, otherHosts(options));
  const servers = [`listen ${httpPort} default_server;${plainLocations(options)}`];
  if (certificate !== undefined) {
    servers.push(
      `listen ${httpsPort} ssl default_server;\n    http2 on;\n${nginxTls(certificate)}${locations}`,
    );
  }
  return servers.map((body) => `\n  server {\n    set $any_replica "";\n    ${body}\n  }`).join("\n");
}

/** Of port 80. */
function plainLocations(options: EdgeOptions): string {
  if (options.acme !== undefined) return untilIssued(options);
  const isElsewhere = certificatePathOf(options) !== undefined && options.redirectToHttps;
  return isElsewhere ? redirectLocations(options) : visitorLocations(options, otherHosts(options));
}

/**
 * What the authority asks for is answered under every name. Until it has issued a certificate nobody is sent to one
 * that no browser takes.
 */
function untilIssued(options: EdgeOptions): string {
  const refused = options.otherHosts === OtherHosts.Refuse ? otherHosts(options) : "";
  const elsewhere = `
      if ($https_for = 0) {
        return 308 https://${options.domain}$request_uri;
      }
      if ($https_for = 1) {
        return 308 https://$host$request_uri;
      }`;
  const first = options.redirectToHttps ? refused + elsewhere : "";
  return `
    set $https_for "";
    if (-f ${issuedFlag}) {
      set $https_for $known_host;
    }
    location ^~ ${challengePath} {
      proxy_pass http://challenges;
    }${visitorLocations(options, first + otherHosts(options, "http"))}`;
}

/** @param first what the site's own location does before it asks a node */
function visitorLocations(options: EdgeOptions, first: string): string {
  return `
    if (-f ${nobodyReadyPath}) {
      set $any_replica yes;
    }
    add_header X-Edge ${options.machine.name} always;
    limit_conn visitors ${visitorLimit(options)};
    error_page 418 = @stays_open;
    location / {${first}
      if ($stays_open) {
        return 418;
      }
      proxy_pass http://app;
    }
    location @stays_open {
      proxy_read_timeout 1h;
      proxy_send_timeout 1h;
      proxy_buffering off;
      proxy_pass http://streams;
    }
    location ${internalPrefix} {
      return 404;
    }
${stateLocation(options)}`;
}

/** The certificate speaks for no address and no foreign name, so these are not sent to themselves. */
function redirectLocations(options: EdgeOptions): string {
  return `
    location / {${options.otherHosts === OtherHosts.Refuse ? otherHosts(options) : ""}
      if ($known_host = 0) {
        return 308 https://${options.domain}$request_uri;
      }
      return 308 https://$host$request_uri;
    }
${stateLocation(options)}`;
}

/** For names that are not the platform's. */
function otherHosts(
  options: EdgeOptions,
  scheme = certificatePathOf(options) === undefined ? "http" : "https",
): string {
  const answers: Record<OtherHosts, string | undefined> = {
    serve: undefined,
    redirect: `308 ${scheme}://${options.domain}$request_uri`,
    refuse: "421",
  };
  const answer = answers[options.otherHosts ?? OtherHosts.Serve];
  if (answer === undefined) return "";
  return `
      if ($known_host = 0) {
        return ${answer};
      }`;
}

/** Visitors at the same time; nginx counts them in sixteen bits. */
export function visitorLimit(options: EdgeOptions): number {
  return Math.min(65_535, connectionLimit(options.machine.size.memoryGb));
}

function stateLocation(options: EdgeOptions): string {
  return `    location = ${publicStatePath} {
      if ($http_x_platform_key != "${options.statePass}") {
        return 404;
      }
      access_log off;
      proxy_pass http://agent/state;
    }`;
}
