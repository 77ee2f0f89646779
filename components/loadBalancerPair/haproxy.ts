import { ports } from "../flows";
import type { MachineSetup } from "../setup/types";
import {
  agentPort,
  certificateFile,
  certificatePathOf,
  connectionLimit,
  type EdgeOptions,
  internalPrefix,
  nodeHealthPath,
  proxyHealthPath,
  publicStatePath,
} from "./edge";

const configPath = "/etc/haproxy/haproxy.cfg";
const dropInPath = "/etc/systemd/system/haproxy.service.d/platform.conf";
const reloadPath = "/usr/local/lib/platform-edge/reload-haproxy";
const adminSocket = "/run/haproxy/admin.sock";
const masterSocket = "/run/haproxy-master.sock";
/** On the RAM disk: a drained node stays drained over a crash and a reload, and is forgotten by a reboot. */
const stateFolder = "/run/haproxy";
const stateFile = "server-state";

/** HAProxy with its reload, which keeps what operators set at run time and tells the truth about success. */
export function haproxySetup(options: EdgeOptions): MachineSetup {
  const certificates = certificateFile(options);
  return {
    packages: ["haproxy", "socat"],
    files: [
      ...certificates,
      // It holds the key of the pair.
      {
        path: configPath,
        content: haproxyConfig(options),
        mode: "0600",
        validate: 'haproxy -c -q -f "$1"',
      },
      { path: reloadPath, content: reloadScript, mode: "0755" },
      { path: dropInPath, content: dropIn },
    ],
    steps: [],
    units: [
      {
        name: "haproxy.service",
        reads: [configPath, dropInPath, reloadPath, ...certificates.map((file) => file.path)],
        onChange: "reload",
      },
    ],
    checks: [
      {
        name: "HAProxy answers",
        command: `curl -fsS -o /dev/null http://${options.machine.privateIp}:${ports.edgeHealth}/alive`,
      },
    ],
  };
}

/** The whole configuration file. Judged by `haproxy -c` of Debian 13 (3.0). */
export function haproxyConfig(options: EdgeOptions): string {
  return [globalSection(options), defaults, visitors(options), health(options), appBackend(options), agent]
    .map((section) => section.trim())
    .join("\n\n")
    .concat("\n");
}

/** TLS: intermediate profile of https://ssl-config.mozilla.org, guideline 5.8. */
function globalSection(options: EdgeOptions): string {
  return `global
  log stdout format raw daemon
  user haproxy
  group haproxy
  chroot /var/lib/haproxy
  stats socket ${adminSocket} mode 660 level admin
  stats timeout 30s
  maxconn ${connectionLimit(options.machine.size.memoryGb)}
  # Where a machine may not open that many files, fewer connections are better than no load balancer.
  no strict-limits
  # An old worker that somebody's open connection keeps alive must end.
  hard-stop-after 60s
  server-state-base ${stateFolder}
  server-state-file ${stateFile}
  ssl-default-bind-curves X25519MLKEM768:X25519:prime256v1:secp384r1
  ssl-default-bind-ciphers ECDHE-ECDSA-AES128-GCM-SHA256:ECDHE-RSA-AES128-GCM-SHA256:ECDHE-ECDSA-AES256-GCM-SHA384:ECDHE-RSA-AES256-GCM-SHA384:ECDHE-ECDSA-CHACHA20-POLY1305:ECDHE-RSA-CHACHA20-POLY1305
  ssl-default-bind-ciphersuites TLS_AES_128_GCM_SHA256:TLS_AES_256_GCM_SHA384:TLS_CHACHA20_POLY1305_SHA256
  ssl-default-bind-options prefer-client-ciphers ssl-min-ver TLSv1.2 no-tls-tickets`;
}

const defaults = `defaults
  mode http
  log global
  option httplog
  option dontlognull
  timeout connect 3s
  timeout client 30s
  timeout server 30s
  timeout http-request 10s
  timeout http-keep-alive 30s
  timeout queue 10s
  timeout tunnel 1h
  load-server-state-from-file global`;

function visitors(options: EdgeOptions): string {
  const certificate = certificatePathOf(options);
  return `frontend visitors
  bind :${ports.http}
${certificate === undefined ? "" : `  bind :${ports.https} ssl crt ${certificate} alpn h2,http/1.1\n`}\
  # After a reload the old worker ends a visitor's connection with an answer, never between two.
  option idle-close-on-response
  # What the application believes about the visitor comes from here alone.
  http-request del-header X-Forwarded-For
  http-request del-header Forwarded
  http-request del-header X-Real-IP
  http-request del-header X-Request-ID
  http-request set-header X-Forwarded-Proto https if { ssl_fc }
  http-request set-header X-Forwarded-Proto http if !{ ssl_fc }
  http-request set-header X-Forwarded-Port %[dst_port]
  option forwardfor
  unique-id-format %[uuid()]
  unique-id-header X-Request-ID
  http-after-response set-header X-Edge ${options.machine.name}
  acl asks_state path ${publicStatePath}
  acl is_peer req.hdr(X-Platform-Key) -m str ${options.peerKey}
  http-request deny deny_status 404 if { path_beg ${internalPrefix} } or asks_state !is_peer
  http-request set-log-level silent if asks_state
${
  certificate !== undefined && options.redirectToHttps
    ? "  http-request redirect scheme https code 308 unless { ssl_fc } or asks_state\n"
    : ""
}\
  use_backend agent if asks_state
  default_backend app`;
}

/** `/healthz` says whether visitors are served, `/alive` only whether HAProxy runs. */
function health(options: EdgeOptions): string {
  return `frontend health
  bind ${options.machine.privateIp}:${ports.edgeHealth}
  bind 127.0.0.1:${ports.edgeHealth}
  option dontlog-normal
  monitor-uri /healthz
  monitor fail if { nbsrv(app) lt 1 }
  monitor fail if { stopping }
  http-request return status 200 content-type text/plain string alive if { path /alive }
  http-request use-service prometheus-exporter if { path /metrics }
  http-request deny deny_status 404 unless { path /state } or { path_beg /stats }
  stats enable
  stats uri /stats
  stats refresh 5s
  use_backend agent if { path /state }`;
}

function appBackend(options: EdgeOptions): string {
  const limit = connectionLimit(options.machine.size.memoryGb);
  const servers = options.backends.map(({ name, address }) => `  server ${name} ${address}:${ports.traefik}`);
  return `backend app
  balance roundrobin
  # First "does the node's proxy take requests", which it denies before it stops, then "has it anybody to ask".
  option httpchk
  http-check connect
  http-check send meth GET uri ${proxyHealthPath} ver HTTP/1.1 hdr Host ${options.machine.name}
  http-check expect status 200
  http-check connect
  http-check send meth GET uri ${nodeHealthPath} ver HTTP/1.1 hdr Host ${options.machine.name}
  http-check expect status 200
  # A node that fails its checks gets no new request, and the requests that it has may end: it is often only busy
  # or about to stop. Whether it still exists is the kernel's to tell: one that has acknowledged nothing for 3 s
  # does not, and what it owed is asked of another node.
  option srvtcpka
  srvtcpka-idle 1s
  srvtcpka-intvl 1s
  srvtcpka-cnt 3
  retries 3
  option redispatch 1
  retry-on conn-failure empty-response response-timeout 502 503 504
  # Only what may be repeated is repeated: a connection that never came about is not a repetition.
  http-request disable-l7-retry unless { method GET HEAD OPTIONS }
  default-server check inter 1s fastinter 250ms downinter 1s fall 2 rise 2 slowstart 5s observe layer7 error-limit 3 on-error fastinter tcp-ut 3s maxconn ${limit}
${servers.join("\n")}`;
}

const agent = `backend agent
  timeout queue 1s
  timeout server 2s
  server agent 127.0.0.1:${agentPort} maxconn 8`;

/** `systemctl reload` of the package returns before anybody knows whether the new worker came up. */
const reloadScript = `#!/bin/bash
# Reloads HAProxy: keeps drained nodes drained, and fails when the new worker does not come up.
set -euo pipefail

if servers=$(echo "show servers state" | socat -t 5 - UNIX-CONNECT:${adminSocket}); then
  # The old worker serves the connections that are open. A node that leaves may be gone before they are.
  while read -r name; do
    grep -q "^  server $name " ${configPath} || echo "set server app/$name state drain"
  done < <(awk '$2 == "app" { print $4 }' <<<"$servers") | socat -t 5 - UNIX-CONNECT:${adminSocket}
  printf '%s\\n' "$servers" >${stateFolder}/${stateFile}.new
  mv ${stateFolder}/${stateFile}.new ${stateFolder}/${stateFile}
fi
answer=$(echo reload | socat -t 30 - UNIX-CONNECT:${masterSocket})
printf '%s\\n' "$answer"
grep -q '^Success=1' <<<"$answer"
`;

const dropIn = `[Unit]
StartLimitIntervalSec=0

[Service]
Restart=always
RestartSec=100ms
RuntimeDirectory=haproxy
RuntimeDirectoryPreserve=yes
ExecReload=
ExecReload=/usr/sbin/haproxy -Ws -f $CONFIG -c -q $EXTRAOPTS
ExecReload=${reloadPath}
`;
