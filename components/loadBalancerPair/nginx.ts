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
  publicStatePath,
} from "./edge";

const configPath = "/etc/nginx/nginx.conf";
const dropInPath = "/etc/systemd/system/nginx.service.d/platform.conf";

/** nginx in the place of HAProxy, with what its free edition can do: failed nodes are noticed by requests. */
export function nginxSetup(options: EdgeOptions): MachineSetup {
  const certificates = certificateFile(options);
  return {
    packages: ["nginx"],
    files: [
      ...certificates,
      // It holds the key of the pair.
      {
        path: configPath,
        content: nginxConfig(options),
        mode: "0600",
        validate: 'nginx -t -q -c "$1"',
      },
      { path: dropInPath, content: dropIn },
    ],
    steps: [],
    units: [
      {
        name: "nginx.service",
        reads: [configPath, dropInPath, ...certificates.map((file) => file.path)],
        onChange: "reload",
      },
    ],
    checks: [
      {
        name: "nginx answers",
        command: `curl -fsS -o /dev/null http://${options.machine.privateIp}:${ports.edgeHealth}/alive`,
      },
    ],
  };
}

/** The whole configuration file. Judged by `nginx -t` of Debian 13 (1.26). */
export function nginxConfig(options: EdgeOptions): string {
  const limit = connectionLimit(options.machine.size.memoryGb);
  return `user www-data;
worker_processes auto;
# Each visitor may need a second connection, to the application node.
worker_rlimit_nofile ${limit * 2 + 1000};
pid /run/nginx.pid;
error_log stderr warn;

events {
  worker_connections ${limit};
}

http {
  access_log syslog:server=unix:/dev/log,nohostname,tag=nginx combined;
  server_tokens off;
  include /etc/nginx/mime.types;
  client_max_body_size 0;
  client_header_timeout 10s;
  client_body_timeout 30s;
  keepalive_timeout 30s;
  send_timeout 30s;
${upstream(options)}
${proxyDefaults}
${visitorServers(options)}
${healthServer(options)}
}
`;
}

function upstream(options: EdgeOptions): string {
  const servers = options.backends.map(
    ({ address }) => `    server ${address}:${ports.traefik} max_fails=3 fail_timeout=1s;`,
  );
  return `
  upstream app {
    # One memory for all workers, so that they agree on who is down.
    zone app 128k;
${servers.join("\n")}
    keepalive 64;
    keepalive_timeout 30s;
  }

  upstream agent {
    server 127.0.0.1:${agentPort};
  }`;
}

/** nginx repeats no POST by itself; `error` and `timeout` cover a connection that never came about. */
const proxyDefaults = `
  map $http_upgrade $connection_upgrade {
    default upgrade;
    "" "";
  }

  proxy_http_version 1.1;
  proxy_connect_timeout 3s;
  proxy_read_timeout 30s;
  proxy_send_timeout 30s;
  proxy_buffering on;
  proxy_next_upstream error timeout http_502 http_503 http_504;
  proxy_next_upstream_tries 3;
  proxy_next_upstream_timeout 10s;
  # What the application believes about the visitor comes from here alone.
  proxy_set_header Host $http_host;
  proxy_set_header Connection $connection_upgrade;
  proxy_set_header Upgrade $http_upgrade;
  proxy_set_header X-Forwarded-For $remote_addr;
  proxy_set_header X-Forwarded-Proto $scheme;
  proxy_set_header X-Forwarded-Port $server_port;
  proxy_set_header X-Request-ID $request_id;
  proxy_set_header X-Real-IP "";
  proxy_set_header Forwarded "";`;

function stateLocation(options: EdgeOptions): string {
  return `    location = ${publicStatePath} {
      if ($http_x_platform_key != "${options.peerKey}") {
        return 404;
      }
      access_log off;
      proxy_pass http://agent/state;
    }`;
}

function visitorServers(options: EdgeOptions): string {
  const certificate = certificatePathOf(options);
  const locations = `
    add_header X-Edge ${options.machine.name} always;
    location / {
      proxy_pass http://app;
    }
    location ${internalPrefix} {
      return 404;
    }
${stateLocation(options)}`;
  const redirect = `
    location / {
      return 308 https://$host$request_uri;
    }
${stateLocation(options)}`;
  const plain = certificate !== undefined && options.redirectToHttps ? redirect : locations;
  const servers = [`listen ${ports.http} default_server;${plain}`];
  if (certificate !== undefined) {
    servers.push(`listen ${ports.https} ssl default_server;\n    http2 on;\n${tls(certificate)}${locations}`);
  }
  return servers.map((body) => `\n  server {\n    ${body}\n  }`).join("\n");
}

/** Intermediate profile of https://ssl-config.mozilla.org, guideline 5.8. */
function tls(certificate: string): string {
  return `    ssl_certificate ${certificate};
    ssl_certificate_key ${certificate};
    ssl_protocols TLSv1.2 TLSv1.3;
    ssl_ecdh_curve X25519MLKEM768:X25519:prime256v1:secp384r1;
    ssl_ciphers ECDHE-ECDSA-AES128-GCM-SHA256:ECDHE-RSA-AES128-GCM-SHA256:ECDHE-ECDSA-AES256-GCM-SHA384:ECDHE-RSA-AES256-GCM-SHA384:ECDHE-ECDSA-CHACHA20-POLY1305:ECDHE-RSA-CHACHA20-POLY1305;
    ssl_prefer_server_ciphers off;
    ssl_session_timeout 1d;
    ssl_session_cache shared:tls:10m;
    ssl_session_tickets off;`;
}

/** `/healthz` says whether visitors are served, `/alive` only whether nginx runs. */
function healthServer(options: EdgeOptions): string {
  return `
  server {
    listen ${options.machine.privateIp}:${ports.edgeHealth};
    listen 127.0.0.1:${ports.edgeHealth};
    access_log off;
    location = /healthz {
      # This edition does not check nodes by itself, so the question goes through to one that answers.
      proxy_connect_timeout 300ms;
      proxy_read_timeout 500ms;
      proxy_next_upstream_timeout 700ms;
      proxy_pass http://app${nodeHealthPath};
    }
    location = /alive {
      return 200 alive;
    }
    location = /state {
      proxy_pass http://agent;
    }
    location = /stats {
      stub_status;
    }
    location / {
      return 404;
    }
  }`;
}

const dropIn = `[Unit]
StartLimitIntervalSec=0

[Service]
Restart=always
RestartSec=100ms
# Old workers finish what they serve.
TimeoutStopSec=60
LimitNOFILE=1048576
`;
