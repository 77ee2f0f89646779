import { LoggedRequests } from "../../settings/accessLog";
import { anyReplicaHeader, internalPrefix } from "../../setup/site";
import { trustPaths } from "../../setup/tiers/paths";
import { type CompleteSetup, completeSetup } from "../../setup/types";
import { keepRunning } from "../../setup/unit";
import { finishSeconds } from "../../setup/waits";
import { acmeFiles } from "./acme";
import { issuedMap } from "./acmeInstall";
import { haproxyCdn, haproxyCdnNetworks, haproxyCdnOnly } from "./cdn";
import { certificatesFirst } from "./certificatesFirst";
import { challengePath, haproxyChallenges } from "./challenges";
import {
  accessLogOf,
  certificateFile,
  certifiedRole,
  connectionLimit,
  type EdgeOptions,
  proxyLogLimit,
  reservedConnections,
  timeoutOf,
} from "./edge";
import { haproxyAgents, statePages, stateRules, toAgents } from "./haproxyAgents";
import { haproxyBackends } from "./haproxyBackends";
import { haproxyBinds } from "./haproxyBinds";
import {
  haproxyConnectionLimits,
  haproxyCounters,
  haproxyPeerName,
  haproxyRequestLimits,
} from "./haproxyLimits";
import { adminSocket, configPath, reloadPath, reloadScript, stateFile, stateFolder } from "./haproxyReload";
import { haproxyHosts } from "./hosts";
import { balancedFiles, haproxyBalanced, haproxyBalancer } from "./managed";
import { awaitMachines, movingFile } from "./moving";
import { requestLogSetup, requestLogUnit } from "./requestLog";
import { edgeHealthPort } from "./role";
import { EdgeEngine } from "./settings";

const dropIn = keepRunning({
  unit: "haproxy.service",
  unitLines: requestLogUnit.unitLines,
  serviceLines: [
    ...requestLogUnit.serviceLines,
    "RestartSec=100ms",
    "# Among programs that want the processor, visitors come first.",
    "CPUWeight=1000",
    "# For what it says itself, and all its lines until it starts anew after an update from before there was a pipe.",
    ...proxyLogLimit,
    "RuntimeDirectory=haproxy",
    "RuntimeDirectoryPreserve=yes",
    "ExecReload=",
    "ExecReload=/usr/sbin/haproxy -Ws -f $CONFIG -c -q $EXTRAOPTS",
    `ExecReload=${reloadPath}`,
    "# Left by a reload that was killed: what it says is old.",
    `ExecStartPre=/bin/rm -f ${stateFolder}/${stateFile}`,
  ],
});

/** HAProxy with its reload, which keeps what operators drained and tells the truth about success. */
export function haproxySetup(options: EdgeOptions): CompleteSetup {
  const certificates = certificateFile(options);
  return completeSetup({
    packages: ["haproxy", "socat"],
    files: [
      ...certificates,
      ...acmeFiles(options, EdgeEngine.HAProxy),
      ...balancedFiles(options),
      movingFile(options, EdgeEngine.HAProxy),
      // It may hold what a CDN is known by.
      {
        path: configPath,
        content: haproxyConfig(options),
        mode: "0600",
        validate: `${certificatesFirst(options)}haproxy -c -q -f "$1"${awaitMachines}`,
      },
      { path: reloadPath, content: reloadScript, mode: "0755" },
      dropIn,
      ...requestLogSetup.files,
    ],
    units: [
      {
        name: "haproxy.service",
        reads: [
          ...[configPath, dropIn.path, reloadPath, ...certificates.map((file) => file.path)],
          ...(certifiedRole(options) === undefined ? [] : trustPaths),
        ],
        onChange: "reload",
      },
    ],
    checks: [
      {
        name: "HAProxy answers",
        command: `curl -fsS -o /dev/null http://${options.machine.privateIp}:${edgeHealthPort}/alive`,
      },
    ],
  });
}

/** The whole configuration file. Judged by `haproxy -c` of Debian 13 (3.0). */
export function haproxyConfig(options: EdgeOptions): string {
  return [
    globalSection(options),
    defaults(options),
    ...haproxyCounters(options),
    visitors(options),
    health(options),
    ...haproxyBackends(options),
    ...haproxyChallenges(options),
    ...haproxyAgents(options),
  ]
    .map((section) => section.trim())
    .join("\n\n")
    .concat("\n");
}

/** TLS: intermediate profile of https://ssl-config.mozilla.org, guideline 5.8. */
function globalSection(options: EdgeOptions): string {
  return `global
  # With the level in front, which the reader looks at.
  log stdout format short daemon
  user haproxy
  group haproxy
  chroot /var/lib/haproxy
  stats socket ${adminSocket} mode 660 level admin
  stats timeout 30s
  # More than visitors may have, so that health is answered while they have all of theirs.
  maxconn ${connectionLimit(options.machine.size.memoryGb) + reservedConnections}
  # Where a machine may not open that many files, fewer connections are better than no load balancer.
  no strict-limits
  # An old worker that somebody's open connection keeps alive must end, and each of them has its memory.
  hard-stop-after ${finishSeconds(timeoutOf(options))}s
  mworker-max-reloads 10
  server-state-base ${stateFolder}
  server-state-file ${stateFile}${haproxyPeerName(options)}
  ssl-default-bind-curves X25519MLKEM768:X25519:prime256v1:secp384r1
  ssl-default-bind-ciphers ECDHE-ECDSA-AES128-GCM-SHA256:ECDHE-RSA-AES128-GCM-SHA256:ECDHE-ECDSA-AES256-GCM-SHA384:ECDHE-RSA-AES256-GCM-SHA384:ECDHE-ECDSA-CHACHA20-POLY1305:ECDHE-RSA-CHACHA20-POLY1305
  ssl-default-bind-ciphersuites TLS_AES_128_GCM_SHA256:TLS_AES_256_GCM_SHA384:TLS_CHACHA20_POLY1305_SHA256
  ssl-default-bind-options prefer-client-ciphers ssl-min-ver TLSv1.2 no-tls-tickets`;
}

/** `timeout http-request` is for the headers alone: a body may take as long as something of it arrives. */
const defaults = (options: EdgeOptions) => `defaults
  mode http
  log global
  option httplog
  # What failed is logged as an error.
  option log-separate-errors
  option dontlognull
  timeout connect 3s
  timeout client 30s
  timeout server ${timeoutOf(options)}s
  timeout http-request 10s
  timeout http-keep-alive 30s
  timeout queue 10s
  timeout tunnel 1h
  load-server-state-from-file global`;

const visitorHeaders = `  # What the application believes about the visitor comes from here alone.
  http-request del-header X-Forwarded-For
  http-request del-header Forwarded
  http-request del-header X-Request-ID
  http-request del-header ${anyReplicaHeader}
  http-request set-header X-Real-IP %[src]
  http-request set-header X-Forwarded-Proto https if { ssl_fc }
  http-request set-header X-Forwarded-Proto http if !{ ssl_fc }
  http-request set-header X-Forwarded-Port %[dst_port]
  option forwardfor
  unique-id-format %[uuid()]
  unique-id-header X-Request-ID`;

function visitors(options: EdgeOptions): string {
  return `frontend visitors
  maxconn ${connectionLimit(options.machine.size.memoryGb)}
${haproxyBinds(options)}\
${haproxyBalancer(options)}${haproxyCdnNetworks(options)}\
${haproxyConnectionLimits(options)}\
  # After a reload the old worker ends a visitor's connection with an answer, never between two.
  option idle-close-on-response
${haproxyCdn(options)}\
${visitorHeaders}
  http-after-response set-header X-Edge ${options.machine.name}
  # Visitors can say by which id their request is logged.
  http-after-response set-header X-Request-ID %[unique-id]
${requestLog(options)}${stateRules(options)}  # Traefik decodes a path and resolves its dots and double slashes before it compares.
  acl is_internal path_beg ${internalPrefix}
  acl is_internal path,url_dec -m sub ${internalPrefix}
  http-request deny deny_status 404 if is_internal
${challengeRules(options)}\
${haproxyCdnOnly(options)}\
${haproxyRequestLimits(options)}\
${haproxyHosts(options)}\
${toAgents(options, "publicPage")}
${options.acme === undefined ? "" : "  use_backend challenges if asks_challenge\n"}\
  # A site that looks sick everywhere is tried all the same: it may only be slow.
  use_backend anyone if { nbsrv(app) lt 1 }
  use_backend streams if { req.hdr(Upgrade) -i websocket } or { req.hdr(Accept) -m sub text/event-stream }
  default_backend app`;
}

/** One line for a request, with the id by which the other machines log it. */
function requestLog(options: EdgeOptions): string {
  const { requests, slowerThanMs } = accessLogOf(options);
  if (requests === LoggedRequests.Off) return "  no log\n";
  const format = `  log-format "\${HAPROXY_HTTP_LOG_FMT} %ID"\n`;
  if (requests === LoggedRequests.All) return format;
  const fast = ["req.timer.queue", "bc.timer.connect", "res.timer.hdr"].map(
    (timer) => `!{ ${timer} ge ${slowerThanMs} }`,
  );
  return `${format}  http-after-response set-log-level silent if { status lt 499 } ${fast.join(" ")}\n`;
}

/**
 * What the authority asks for is answered under every name and over HTTP. Whether it has issued a certificate stands in
 * a map, which a running HAProxy is told to change: until then nobody is sent to one that no browser takes.
 */
function challengeRules(options: EdgeOptions): string {
  if (options.acme === undefined) return "";
  return `  acl asks_challenge path_beg ${challengePath}
  acl issued str(https),map(${issuedMap},no) -m str yes
  http-request allow if asks_challenge
`;
}

/**
 * `/healthz` says whether this machine reaches an app node at all, `/ready` whether one says that it is ready, and
 * `/alive` only whether HAProxy runs. Who holds the address hangs on the first: a slow application is slow behind
 * the other load balancer too.
 */
function health(options: EdgeOptions): string {
  return `frontend health
  bind ${options.machine.privateIp}:${edgeHealthPort}
  bind 127.0.0.1:${edgeHealthPort}
  option dontlog-normal
  monitor-uri /healthz
  monitor fail if { nbsrv(reach) lt 1 }
  monitor fail if { stopping }
  http-request return status 200 content-type text/plain string alive if { path /alive }
  http-request return status 503 content-type text/plain string "no node is ready" if { path /ready } { nbsrv(app) lt 1 }
  http-request return status 200 content-type text/plain string ready if { path /ready }
${haproxyBalanced(options)}\
  http-request use-service prometheus-exporter if { path /metrics }
  http-request deny deny_status 404 unless { path ${statePages(options, "privatePage")} } or { path_beg /stats }
  stats enable
  stats uri /stats
  stats refresh 5s
${toAgents(options, "privatePage")}`;
}
