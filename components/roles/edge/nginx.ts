import { mergeSetups } from "../../setup/merge";
import { anyReplicaHeader } from "../../setup/site";
import { nginxAsks } from "../../setup/tiers/nginx";
import { trustPaths } from "../../setup/tiers/paths";
import type { CompleteSetup } from "../../setup/types";
import { keepRunning } from "../../setup/unit";
import { finishSeconds } from "../../setup/waits";
import { acmeFiles } from "./acme";
import { nginxTries } from "./balancing";
import { nginxCdn } from "./cdn";
import { certificatesFirst } from "./certificatesFirst";
import { nginxChallenges } from "./challenges";
import {
  certificateFile,
  certifiedRole,
  type EdgeOptions,
  proxyLogLimit,
  reservedConnections,
  timeoutOf,
} from "./edge";
import { formerForm, mostQuestions, questionForm } from "./haproxyAgents";
import { nginxHostMaps } from "./hosts";
import { awaitMachines, movingFile } from "./moving";
import { nginxLimitZones } from "./nginxLimits";
import { nginxLog } from "./nginxLog";
import { probeSetup } from "./nginxProbe";
import { healthServer, upstreams } from "./nginxUpstreams";
import { visitorLimit, visitorServers } from "./nginxVisitors";
import { requestLogSetup } from "./requestLog";
import { edgeHealthPort } from "./role";
import { EdgeEngine } from "./settings";

const configPath = "/etc/nginx/nginx.conf";
const dropIn = keepRunning({
  unit: "nginx.service",
  serviceLines: [
    "RestartSec=100ms",
    "CPUWeight=1000",
    ...proxyLogLimit,
    "# Old workers finish what they serve.",
    "TimeoutStopSec=60",
    "LimitNOFILE=1048576",
  ],
});

/** nginx in the place of HAProxy, with what its free edition can do: failed nodes are noticed by requests. */
export function nginxSetup(options: EdgeOptions): CompleteSetup {
  const certificates = certificateFile(options);
  return mergeSetups(probeSetup, {
    packages: ["nginx"],
    files: [
      ...certificates,
      ...acmeFiles(options, EdgeEngine.Nginx),
      movingFile(options, EdgeEngine.Nginx),
      // It may hold what a CDN is known by.
      {
        path: configPath,
        content: nginxConfig(options),
        mode: "0600",
        validate: `${certificatesFirst(options)}nginx -t -q -c "$1"${awaitMachines}`,
      },
      dropIn,
      // systemd closes the pipe when the file of its unit is gone, and HAProxy would wait for ever to open it again.
      ...requestLogSetup.files,
    ],
    units: [
      {
        name: "nginx.service",
        reads: [
          ...[configPath, dropIn.path, ...certificates.map((file) => file.path)],
          ...(certifiedRole(options) === undefined ? [] : trustPaths),
        ],
        onChange: "reload",
      },
    ],
    checks: [
      {
        name: "nginx answers",
        command: `curl -fsS -o /dev/null http://${options.machine.privateIp}:${edgeHealthPort}/alive`,
      },
    ],
  });
}

/** The whole configuration file. Judged by `nginx -t` of Debian 13 (1.26). */
export function nginxConfig(options: EdgeOptions): string {
  // Each visitor may need a second connection, to the application node, and any worker may get all of them.
  const connections = visitorLimit(options) * 2 + reservedConnections;
  return `user www-data;
worker_processes auto;
worker_rlimit_nofile ${connections + 1000};
worker_shutdown_timeout ${finishSeconds(timeoutOf(options))}s;
pid /run/nginx.pid;
error_log stderr warn;

events {
  worker_connections ${connections};
}

http {
  server_tokens off;
  include /etc/nginx/mime.types;
  client_max_body_size 0;
  client_header_timeout 10s;
  # Between two pieces of a body; the whole may take as long as it likes.
  client_body_timeout 30s;
  keepalive_timeout 30s;
  send_timeout 30s;
  limit_conn_status 503;
  # Names may have 253 characters.
  map_hash_bucket_size 512;
${nginxLog(options)}
${maps(options)}
${upstreams(options)}${nginxChallenges(options)}
${proxyDefaults(options)}
${visitorServers(options)}
${healthServer(options)}
}
`;
}

function maps(options: EdgeOptions): string {
  return `
  map $http_upgrade $connection_upgrade {
    default upgrade;
    "" close;
  }

  # WebSockets and event streams stay open, so they are outside of the limits for requests.
  map "$http_upgrade $http_accept" $stays_open {
    default 0;
    "~*^websocket " 1;
    "~*text/event-stream" 1;
  }
${nginxHostMaps(options)}

  map $server_port $everybody {
    default visitors;
  }
  limit_conn_zone $everybody zone=visitors:1m;
  map "$http_x_platform_question|$http_x_platform_key" $may_be_peer {
    default "";
    "~${questionForm.replace("$", "\\|")}" 1;
    "~\\|${formerForm.replace("^", "")}" 1;
  }
  limit_req_zone $binary_remote_addr zone=asking_for_state:1m rate=${mostQuestions / 10}r/s;${nginxLimitZones(options)}${nginxCdn(options)}`;
}

/**
 * A request is repeated once, on another node: when no connection came about or it broke, and for 502 and 503, which
 * a node's proxy gives when it has no replica. nginx repeats no POST that it has sent.
 *
 * \`timeout\` is a connection that does not come about in 1 s as well as an answer that comes too late. The
 * second must not be repeated, as it may still be worked on: the limit of 1.5 s for repeating is between the two.
 *
 * Nothing is put on the disk: a body goes through as it comes, and of an answer only what fits into memory waits.
 */
const proxyDefaults = (options: EdgeOptions) => `
  proxy_http_version 1.1;
  proxy_connect_timeout 1s;
  proxy_read_timeout ${timeoutOf(options)}s;
  proxy_send_timeout ${timeoutOf(options)}s;
  proxy_request_buffering off;
  proxy_buffering on;
  proxy_max_temp_file_size 0;
  proxy_next_upstream error timeout http_502 http_503;
  proxy_next_upstream_tries ${nginxTries(options)};
  proxy_next_upstream_timeout ${Math.min(1500, timeoutOf(options) * 500)}ms;
  # What the application believes about the visitor comes from here alone.
  proxy_set_header Host $http_host;
  proxy_set_header Connection $connection_upgrade;
  proxy_set_header Upgrade $http_upgrade;
  proxy_set_header X-Forwarded-For $remote_addr;
  proxy_set_header X-Forwarded-Proto $scheme;
  proxy_set_header X-Forwarded-Port $server_port;
  proxy_set_header X-Real-IP $remote_addr;
  proxy_set_header X-Request-ID $request_id;
  proxy_set_header ${anyReplicaHeader} $any_replica;
  proxy_set_header Forwarded "";
  # Visitors can say by which id their request is logged.
  proxy_hide_header X-Request-ID;${nodesTls(options)}`;

function nodesTls(options: EdgeOptions): string {
  const role = certifiedRole(options);
  return role === undefined ? "" : nginxAsks(role);
}
