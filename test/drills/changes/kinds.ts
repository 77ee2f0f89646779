// What is changed on the platform that runs: each kind makes one change and proves that it has happened.
import assert from "node:assert/strict";
import { eventually, fromInternet, must } from "../../e2e/support/cloud";
import { up } from "../../e2e/support/platform";
import { type Edge, on, pairNow } from "../failover/pair";

/** One kind of change. */
export interface Kind {
  readonly name: string;
  readonly title: string;
  /** How often it is made in fifty changes. */
  readonly share: number;
  /**
   * Makes the change and waits until it is seen.
   *
   * @param n how many of this kind there are then: 1 for the first
   * @throws when it did not happen
   */
  change(n: number): Promise<void>;
  /** Undoes what changes have left. */
  restore?(): Promise<void>;
}

const both = async (): Promise<readonly Edge[]> => {
  const { owner, other } = await pairNow();
  return [owner, other];
};

const workers = (edge: Edge) =>
  on(edge, `pgrep -P "$(systemctl show -p MainPID --value haproxy)" | sort -n | xargs`).then((pids) =>
    pids.split(" "),
  );

/** @throws when no worker is another one than before */
async function newWorker(edge: Edge, before: readonly string[]): Promise<void> {
  const now = await workers(edge);
  assert.ok(
    now.some((pid) => !before.includes(pid)),
    `${edge.name}: the same workers ${now.join(", ")} after a reload`,
  );
}

/** Of the load balancer that serves: this is where a lost request would show. */
const reload: Kind = {
  name: "reload",
  title: "`systemctl reload haproxy`",
  share: 15,
  async change() {
    const { owner } = await pairNow();
    const before = await workers(owner);
    await on(owner, "systemctl reload haproxy");
    await newWorker(owner, before);
  },
};

const configPath = "/etc/haproxy/haproxy.cfg";
const edgeHeader = "http-after-response set-header X-Edge";

/** As a set-up does it: judged first, in one step, then a reload. */
const rewrite = (edge: Edge, script: string) =>
  on(
    edge,
    `set -e
new=${configPath}.drill; trap 'rm -f "$new"' EXIT
cp -a ${configPath} "$new"
sed -i -E '${script}' "$new"
haproxy -c -q -f "$new"
if cmp -s "$new" ${configPath}; then exit; fi
mv "$new" ${configPath}
systemctl reload haproxy`,
  );

/** @param site URL that visitors use @param ask curl of a visitor */
function configuration(site: string, ask: string): Kind {
  return {
    name: "configuration",
    title: "another configuration of HAProxy on the load balancer that serves",
    share: 12,
    async change(n) {
      const { owner } = await pairNow();
      const before = await workers(owner);
      await rewrite(owner, `s/(${edgeHeader} [a-z0-9]+)(-drill[0-9]+)?$/\\1-drill${n}/`);
      await newWorker(owner, before);
      const answer = await fromInternet(`${ask} -o /dev/null -D - ${site}`);
      assert.match(answer.stdout, new RegExp(`^x-edge: edge\\d-drill${n}\\r?$`, "im"), "not in force");
    },
    async restore() {
      for (const edge of await both()) await rewrite(edge, `s/(${edgeHeader} [a-z0-9]+)-drill[0-9]+$/\\1/`);
    },
  };
}

const certificateUnit = "platform-certificate.service";
const statusPath = "/var/lib/platform-certificate/status.json";

/** Serial number of the certificate that a handshake gets. */
const serialCommand = (address: string, name: string) =>
  `openssl s_client -connect ${address}:443 -servername ${name} </dev/null 2>/dev/null | openssl x509 -noout -serial`;

/** What the ACME server would say if it wanted the certificate to be renewed now (ACME Renewal Information). */
const authorityWantsIt = `set -e
new=$(mktemp)
trap 'rm -f "$new"' EXIT
jq --argjson again "$(( $(date +%s) + 3600 ))" '.advice.window = [1, 2] | .advice.again = $again' ${statusPath} >"$new"
cat "$new" >${statusPath}
systemctl start ${certificateUnit}`;

/** @param domain of the certificate */
function certificate(domain: string): Kind {
  return {
    name: "certificate",
    title: "a renewal by the ACME server, and its handover to the other load balancer",
    share: 10,
    async change() {
      const { owner, other, ip } = await pairNow();
      const atVisitor = async () => (await fromInternet(serialCommand(ip, domain))).stdout.trim();
      const before = await atVisitor();
      assert.match(before, /^serial=/, "visitors get no certificate");
      // A look of the timer that is under way knows nothing of it yet.
      const after = await eventually("visitors get another certificate", 120, async () => {
        await must(owner.name, authorityWantsIt);
        const now = await atVisitor();
        return now !== before && now !== "" ? now : undefined;
      });
      await eventually("the other load balancer serves it too", 60, async () => {
        await must(other.name, `systemctl start ${certificateUnit}`);
        return (await on(other, serialCommand("127.0.0.1", domain))) === after || undefined;
      });
    },
  };
}

const nodes = ["10.0.2.11", "10.0.2.12"] as const;
const servicesPath = "/etc/platform/traefik/dynamic/services.yaml";

/** Both load balancers get another configuration, and Traefik on all nodes another one too, which it takes as it runs. */
const setUp: Kind = {
  name: "setUp",
  title:
    "`pulumi up` with other settings: both load balancers and all app nodes, of each kind one after the other",
  share: 5,
  async change(n) {
    const edges = await both();
    const before = await Promise.all(edges.map(workers));
    const routes = () => Promise.all(nodeNames.map((node) => must(node, `sha256sum ${servicesPath}`)));
    const [connections, formerRoutes] = [100_000 + n, await routes()];
    await up({
      "edge.limits.connections": connections,
      "app.services.api.keepConnections": n % 2 === 0 ? "reads" : "all",
    });
    for (const [index, edge] of edges.entries()) {
      await newWorker(edge, before[index] ?? []);
      await on(edge, `grep -q 'sc0_conn_cur gt ${connections} ' ${configPath}`);
    }
    for (const [index, now] of (await routes()).entries()) assert.notEqual(now, formerRoutes[index]);
  },
  restore: () => up().then(() => {}),
};

const nodeNames = ["local-app1", "local-app2"] as const;

const routePath = "/etc/platform/traefik/dynamic/drill.yaml";

/** A route that leads to an answer of the api's. */
const routeFile = (n: number) =>
  JSON.stringify({
    http: {
      routers: {
        drill: {
          rule: `Path(\`/drill/${n}\`)`,
          priority: 90_000,
          entryPoints: ["web"],
          middlewares: ["drill"],
          service: "platform-any-api",
        },
      },
      middlewares: { drill: { replacePath: { path: "/api/whoami" } } },
    },
  });

const route: Kind = {
  name: "route",
  title: "another route of Traefik on all app nodes",
  share: 8,
  async change(n) {
    const { owner } = await pairNow();
    const statuses = async () =>
      Promise.all(
        nodes.map((node) =>
          on(owner, `curl -s -o /dev/null -m 5 -w '%{http_code}' http://${node}/drill/${n}`),
        ),
      );
    assert.deepEqual(await statuses(), ["404", "404"], "the route is there already");
    for (const name of nodeNames) {
      await must(name, `printf '%s' '${routeFile(n)}' >${routePath}.new && mv ${routePath}.new ${routePath}`);
    }
    await eventually("Traefik has taken the route on both nodes", 30, async () =>
      (await statuses()).every((status) => status === "200") ? true : undefined,
    );
  },
  async restore() {
    for (const name of nodeNames) await must(name, `rm -f ${routePath}`);
  },
};

/** All kinds; the last one restores what the stack's file says. */
export function kindsOf(site: {
  readonly url: string;
  readonly domain: string;
  readonly curl: string;
}): readonly Kind[] {
  return [reload, configuration(site.url, site.curl), certificate(site.domain), route, setUp];
}
