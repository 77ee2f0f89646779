import { pairAddresses } from "./addresses";
import { nginxBalance } from "./balancing";
import { completeBackends, type EdgeOptions, healthPaths, nodesAt } from "./edge";
import { edgeHealthPort } from "./role";

/**
 * nginx notices failed nodes by requests: three failures within a second, and a node gets none for the rest of it.
 * While that is true of all, the second line of each takes over: a site that looks sick everywhere is tried all the
 * same. The two share the node's limit, as the second takes over from the first when that is full. nginx has no
 * queue, so what is above the limits of all nodes is refused at once.
 *
 * Connections to nodes are not kept: nginx repeats a request whose kept connection broke as often as it has such
 * connections, whatever the number of attempts says.
 */
export function upstreams(options: EdgeOptions): string {
  const backends = completeBackends(options);
  const group = (name: string, limited: boolean) => {
    const lines = (more: string) =>
      backends
        .map(({ endpoint, maxRequests }) => {
          const limit = limited ? ` max_conns=${Math.ceil(maxRequests / 2)}` : "";
          return `    server ${endpoint}${more}${limit};`;
        })
        .join("\n");
    return `
  upstream ${name} {
    # One memory for all workers, so that they agree on who is down; a server takes less than 2 KB of it.
    zone ${name} ${128 + 4 * backends.length}k;${nginxBalance(options)}
${lines(" max_fails=3 fail_timeout=1s")}
${lines(" backup max_fails=0")}
  }`;
  };
  const agents = pairAddresses(options.mode)
    .map(
      ({ suffix, agentPort }) => `  upstream agent${suffix} {
    server 127.0.0.1:${agentPort};
  }`,
    )
    .join("\n\n");
  return `${group("app", true)}
${group("streams", false)}

  upstream reach {
    zone reach ${64 + 2 * backends.length}k;
${backends.map(({ endpoint }) => `    server ${endpoint} max_fails=0;`).join("\n")}
  }

${agents}`;
}

/**
 * `/healthz` says whether this machine reaches an app node at all, `/ready` whether one says that it is ready, and
 * `/alive` only whether nginx runs. Who holds the address hangs on the first: a slow application is slow behind
 * the other load balancer too. This edition does not check nodes by itself, so the question goes through to them.
 */
export function healthServer(options: EdgeOptions): string {
  const paths = healthPaths(options);
  return `
  server {
    listen ${options.machine.privateIp}:${edgeHealthPort};
    listen 127.0.0.1:${edgeHealthPort};
    access_log off;
    proxy_set_header Host ${options.domain};
    proxy_set_header Connection "";
    proxy_next_upstream error timeout http_502 http_503 http_504;
    proxy_next_upstream_tries 0;
    location = /healthz {
      proxy_connect_timeout 500ms;
      proxy_read_timeout 1s;
      proxy_next_upstream_timeout 1200ms;
      proxy_pass ${nodesAt(options, "reach")}${paths[0]};
    }
    location = /ready {
      proxy_read_timeout 4s;
      proxy_next_upstream_timeout 4s;
      proxy_pass ${nodesAt(options, "reach")}${paths.at(-1)};
    }
    location = /alive {
      return 200 alive;
    }
${statePages(options)}
    location = /stats {
      stub_status;
    }
    location / {
      return 404;
    }
  }`;
}

/** The agents' pages for the peer. */
function statePages({ mode }: EdgeOptions): string {
  return pairAddresses(mode)
    .map(
      ({ privatePage, suffix }) => `    location = ${privatePage} {
      proxy_pass http://agent${suffix};
    }`,
    )
    .join("\n");
}
