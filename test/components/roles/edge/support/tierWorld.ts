import assert from "node:assert/strict";
import { type MachinePlan, machinesOf, type Plan } from "../../../../../components/plan/plan";
import { certifiedServers, tierNeighbours } from "../../../../../components/plan/tiers";
import { planPlatform } from "../../../../../components/presets";
import { planReplicas } from "../../../../../components/roles/app/replicas";
import { traefikTakes } from "../../../../../components/roles/app/setup";
import { traefikDynamic, traefikStatic } from "../../../../../components/roles/app/traefik";
import type { EdgeOptions } from "../../../../../components/roles/edge/edge";
import { movingFile } from "../../../../../components/roles/edge/moving";
import type { EdgeEngine } from "../../../../../components/roles/edge/settings";
import { tierTakes } from "../../../../../components/roles/edge/tierTakes";
import { webConfig } from "../../../../../components/roles/web/nginx";
import { usualWebSettings } from "../../../../../components/roles/web/settings";
import { tierSetup } from "../../../../../components/setup/tiers/identity";
import { renewScript, type TierProgram } from "../../../../../components/setup/tiers/renewScript";
import { seedSettings } from "../../../../support/settings";
import { services as stackServices } from "../../app/support/stack";
import { webOptions } from "../../web/support/options";
import { edgeOptions } from "./options";

/** Certificates of the first minutes end within the test. */
const shortLife = 24;
const longLife = 24 * 3600;
const seed = Buffer.alloc(32, 1).toString("base64");
const otherSeed = Buffer.alloc(32, 2).toString("base64");

/** Paths of one machine, as all of them share one file system here. */
function on(name: string, text: string): string {
  const folder = `/tmp/m/${name}`;
  return text
    .replaceAll("/etc/platform/tiers", `${folder}/tiers`)
    .replaceAll("/etc/traefik/tiers", `${folder}/tiers`)
    .replaceAll("/etc/platform/secrets/tiers-issuer.key", `${folder}/issuer.key`)
    .replaceAll("/var/lib/platform/tiers-taken", `${folder}/taken`)
    .replaceAll("/run/platform-tiers.lock", `${folder}/lock`)
    .replaceAll("/usr/local/lib/platform-tiers/renew", `${folder}/renew`)
    .replaceAll("/etc/platform/traefik/dynamic", `${folder}/dynamic`)
    .replaceAll("/etc/traefik/dynamic", `${folder}/dynamic`);
}

type Files = Record<string, string>;

/** What the set-up places on a machine, but for units. */
function identity(
  name: string,
  plan: Plan,
  machine: MachinePlan,
  of: string,
  programs: readonly TierProgram[],
) {
  const neighbours = tierNeighbours(plan, machine) ?? { servers: [], clients: [] };
  const setup = tierSetup({ machine, ...neighbours, programs, seed: of, lifeSeconds: shortLife });
  const files = setup.files.filter(({ path }) => !path.startsWith("/etc/systemd/"));
  const placed = files.map(({ path, content }) => [on(name, path), on(name, content)] as const);
  const long = on(name, renewScript(machine, programs, longLife));
  return Object.fromEntries([...placed, [`/tmp/m/${name}/renew-long`, long]]);
}

function traefik(node: MachinePlan, loadBalancers: readonly string[], number: number): Files {
  const { web } = stackServices;
  assert.ok(web !== undefined);
  const services = { web: { ...web, healthPath: "/up" } };
  const replicas = planReplicas(services);
  const dynamic = traefikDynamic(services, replicas, "www.example.com", true);
  return {
    [`/tmp/m/${node.hostname}/traefik.yaml`]: on(
      node.hostname,
      traefikStatic(node.privateIp, loadBalancers, undefined, true),
    ),
    // Each node has a container network of its own with the same addresses; here they share one.
    [`/tmp/m/${node.hostname}/dynamic/services.yaml`]: on(
      node.hostname,
      dynamic.replaceAll("172.20.", `172.2${number}.`),
    ),
  };
}

const systemctl = `#!/bin/bash
case "$*" in
  "is-active --quiet "*) exit 0 ;;
  "reload nginx.service") nginx -c NGINX -s reload ;;
  *) echo "unexpected: $*" >&2; exit 1 ;;
esac
`;

/** One load balancer, two app nodes, and between them a web server where it is wanted. */
export function tierWorld(engine: "haproxy" | "nginx", hasWeb: boolean) {
  const world = machinesIn(hasWeb);
  const { edge, web1, app1, app2 } = world;
  const options = edgeOf(world);
  const files: Files = {
    ...identities(world, engine),
    ...Object.assign(
      {},
      ...[app1, app2].map((node, index) => traefik(node, [(web1 ?? edge).privateIp], index)),
    ),
    "/tmp/await-machines": on(edge.hostname, movingFile(options, engine).content),
    "/tmp/bin/systemctl": systemctl.replace("NGINX", web1 ? webPath : "/etc/platform/nginx.conf"),
    ...(web1 && { [webPath]: webServer(web1, world) }),
    "/tmp/world.json": JSON.stringify(facts(world)),
  };
  const scaled = (config: string) =>
    on(edge.hostname, config)
      .replace("defaults\n", `defaults\n  source ${edge.privateIp}\n`)
      .replace("proxy_http_version 1.1;", `proxy_http_version 1.1;\n  proxy_bind ${edge.privateIp};`);
  return { options, files, scaled, edge, web1, app1, app2 };
}

const webPath = "/tmp/m/web.conf";

type World = ReturnType<typeof machinesIn>;

function machinesIn(hasWeb: boolean) {
  const size = { vcpus: 2, memoryGb: 4, serverType: undefined };
  const web = hasWeb ? { ...usualWebSettings, ...size, count: 2 } : undefined;
  const plan = planPlatform({ ...seedSettings, mutualTls: ["requests"], ...(web && { web }) });
  const [edge] = machinesOf(plan, "edge");
  const [database] = machinesOf(plan, "database");
  const [app1, app2] = machinesOf(plan, "app");
  const [web1, web2] = machinesOf(plan, "web");
  assert.ok(edge && database && app1 && app2);
  return { plan, edge, database, app1, app2, web1, web2 };
}

function edgeOf({ plan, edge, app1, app2, web1, web2 }: World): EdgeOptions {
  const certified = certifiedServers(plan, edge);
  const backends = (web1 && web2 ? [web1, web2] : [app1, app2]).map(({ name, privateIp }) => ({
    ...{ name, address: privateIp, port: 443 },
    certified: certified.get(privateIp),
  }));
  return { ...edgeOptions, machine: edge, backends };
}

/** Of all machines, and of strangers: one of the platform that asks nobody, and two of another platform. */
function identities({ plan, edge, database, app1, app2, web1 }: World, engine: EdgeEngine): Files {
  return {
    ...identity(edge.hostname, plan, edge, seed, [tierTakes[engine]]),
    ...identity(app1.hostname, plan, app1, seed, [traefikTakes]),
    ...identity(app2.hostname, plan, app2, seed, [traefikTakes]),
    ...(web1 && identity(web1.hostname, plan, web1, seed, [{ unit: "nginx.service" }])),
    ...identity("database", plan, database, seed, []),
    ...identity("foreign", plan, web1 ?? edge, otherSeed, []),
    ...identity("foreign-app2", plan, app2, otherSeed, []),
  };
}

function webServer(machine: MachinePlan, { edge, app1, app2 }: World): string {
  const { cache } = webOptions.content;
  const content = { ...webOptions.content, sites: {}, protectedPaths: {}, cache: { ...cache, diskMb: 0 } };
  const nodes = [app1, app2].map(({ privateIp }) => `${privateIp}:443`);
  const config = webConfig({
    ...{ ...webOptions, machine, loadBalancers: [edge.privateIp], nodes, content },
    services: [{ name: "web", pathPrefix: "/" }],
    ...{ overTls: true, nodesRole: "app" },
  });
  return on(machine.hostname, config)
    .replace("proxy_http_version 1.1;", `proxy_http_version 1.1;\n  proxy_bind ${machine.privateIp};`)
    .replaceAll("unix:/dev/log", "unix:/tmp/none.sock");
}

/** What the scenario must know. */
function facts({ edge, app1, app2, web1, web2 }: World) {
  const nodes = [...(web1 ? [web1] : []), app1, app2];
  const own = planReplicas({ web: stackServices.web ?? assert.fail() }).map(({ address }) => address);
  const replicas = [...own, ...own.map((address) => address.replace("172.20.", "172.21."))];
  const hostnames = (machines: readonly MachinePlan[]) => machines.map(({ hostname }) => hostname);
  const asker = (node: MachinePlan) => (node === web1 ? edge : (web1 ?? edge)).hostname;
  const certificate = (name: string) => `/tmp/m/${name}/tiers/own.pem`;
  return {
    addresses: [...[edge, ...nodes, ...(web2 ? [web2] : [])].map(({ privateIp }) => privateIp), ...replicas],
    replicas,
    machines: hostnames([edge, ...nodes]),
    strangers: ["database", "foreign", "foreign-app2"],
    apps: hostnames([app1, app2]),
    web: web1 !== undefined,
    backends: (web1 ? [web1] : [app1, app2]).map(({ privateIp }) => privateIp),
    ...{ edge: edge.hostname, edge_address: edge.privateIp },
    listening: Object.fromEntries(nodes.map(({ hostname, privateIp }) => [hostname, privateIp])),
    asking: Object.fromEntries(nodes.map((node) => [node.privateIp, asker(node)])),
    ...(web1 && web2 && { falseWeb: [web2.privateIp, certificate(web1.hostname)] }),
    falseApp: [app2.hostname, app2.privateIp, certificate("foreign-app2")],
  };
}
