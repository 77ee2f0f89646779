import { join } from "node:path";
import type { CompleteSetup, SetupFile } from "../../components/setup/types";

/** Addresses of the one machine that all run on. */
export const edge = "10.0.1.11";
export const node = "10.0.2.11";
export const replica = "172.20.1.1";
/** Where visitors come in, as the floating IP is an address of the interface to the internet. */
export const virtualIp = "203.0.113.10";
/** Load balancer and node share the machine, so Traefik cannot have port 80 as well. */
export const nodePort = 8080;

/** What one build puts on the machines that a request passes. */
export interface Rendered {
  readonly name: string;
  /** A build as it is, not one with something changed. */
  readonly isBuild: boolean;
  readonly files: readonly SetupFile[];
  /** Units to start, the sockets first. */
  readonly units: readonly string[];
}

const allOfIt = { requestsPerSecond: 100_000, burst: 1_000_000, connections: 100_000 };

interface Backend {
  readonly name: string;
  readonly address: string;
}

/** The parts of a build that the bench asks, wherever that build keeps them. */
interface Renderers {
  readonly haproxySetup: (options: unknown) => Pick<CompleteSetup, "files">;
  readonly traefikStatic: (
    address: string,
    loadBalancers: readonly string[],
    log?: undefined,
    overTls?: boolean,
  ) => string;
  readonly traefikDynamic: (...given: readonly unknown[]) => string;
  readonly containerSetup: (spec: unknown) => Pick<CompleteSetup, "files">;
  /** The former build sets nothing. */
  readonly traefikEnvironment?: (memoryGb: number) => Readonly<Record<string, string>>;
  readonly planReplicas: (services: unknown) => readonly unknown[];
  readonly edgeOptions: { readonly backends: readonly Backend[] };
  /** What a client may ask for; the former build has no limits. */
  readonly defaultLimits?: object;
  readonly services: Readonly<Record<string, object>>;
  /** Files that all containers share, and units that one of them needs. */
  readonly shared: readonly SetupFile[];
  readonly socketOf: (name: string) => readonly string[];
}

async function renderersOf(root: string, places: Readonly<Record<string, string>>) {
  const modules = await Promise.all(Object.values(places).map((path) => import(join(root, path))));
  return Object.assign({}, ...modules.map((module) => ({ ...module })));
}

/** The build of this folder, as it is and with certificates between machines. */
export async function todaysSides(root: string): Promise<readonly [plain: Rendered, overTls: Rendered]> {
  const [app, roles] = ["components/roles/app", "test/components/roles"];
  const found = await renderersOf(root, {
    haproxy: "components/roles/edge/haproxy.ts",
    limits: "components/roles/edge/limitSettings.ts",
    traefik: `${app}/traefik.ts`,
    collector: `${app}/collector.ts`,
    replicas: `${app}/replicas.ts`,
    container: "components/setup/container.ts",
    run: "components/setup/containerRun.ts",
    options: `${roles}/edge/support/options.ts`,
    stack: `${roles}/app/support/stack.ts`,
    tiers: "components/setup/tiers/identity.ts",
  });
  const shared: readonly SetupFile[] = found.containerRunSetup.files;
  const of = { ...found, shared, socketOf: (name: string) => [found.containerLogSocket(name)] };
  const machine = { hostname: "prod-app1", role: "app", privateIp: node };
  const programs = [{ unit: "haproxy.service" }, { unit: "traefik.service" }];
  const seed = Buffer.alloc(32, 7).toString("base64");
  const { files } = found.tierSetup({ machine, servers: [machine], clients: [machine], programs, seed });
  return [rendered("today", of), overTls(rendered("today, mutual TLS", of, machine), files)];
}

/** One machine is both here, and shows itself one certificate. */
function overTls(side: Rendered, files: readonly SetupFile[]): Rendered {
  return {
    ...side,
    isBuild: false,
    files: [...files, ...side.files],
    units: ["platform-tiers-boot.service", ...side.units],
  };
}

/** The same without the line that the edge has for what went well. */
export function withoutEdgeLines(side: Rendered): Rendered {
  const files = replaced(
    side,
    "  log-format ",
    "  http-after-response set-log-level silent if { status lt 499 }\n  log-format ",
  );
  return { ...side, name: `${side.name}, edge logs failed`, isBuild: false, files };
}

function replaced(side: Rendered, from: string, to: string): SetupFile[] {
  if (!side.files.some(({ content }) => content.includes(from))) throw new Error(`nothing renders ${from}`);
  return side.files.map((file) => ({ ...file, content: file.content.replaceAll(from, to) }));
}

/** The build of commit 10412d9, in a worktree. */
export async function formerSide(root: string): Promise<Rendered> {
  const found = await renderersOf(root, {
    haproxy: "components/loadBalancerPair/haproxy.ts",
    traefik: "components/appNodes/traefik.ts",
    replicas: "components/appNodes/replicas.ts",
    container: "components/setup/container.ts",
    options: "test/components/loadBalancerPair/support/options.ts",
    stack: "test/components/appNodes/support/stack.ts",
  });
  return rendered("former", { ...found, shared: [], socketOf: () => [] });
}

/** One service with one replica, behind one node. */
function rendered(name: string, of: Renderers, certified?: object): Rendered {
  const services = { web: { ...of.services.web, replicas: 1 } };
  const replicas = of.planReplicas(services);
  const apart = (text: string) => text.replaceAll(`${node}:80"`, `${node}:${nodePort}"`);
  const [backend] = of.edgeOptions.backends;
  if (backend === undefined) throw new Error("a load balancer without a backend");
  // Counted as everybody's are; the bench is one client who may ask for all.
  const limits = of.defaultLimits && { ...of.defaultLimits, ...allOfIt };
  const own = certified && { port: 443, certified };
  const options = { ...of.edgeOptions, limits, backends: [{ ...backend, address: node, ...own }] };
  const haproxy = of.haproxySetup(options).files.map((file) => ({
    ...file,
    content: file.content
      .replaceAll(`${node}:80 `, `${node}:${nodePort} `)
      .replaceAll(/(10\.0\.2\.\d+):80$/gm, `$1:${nodePort}`),
  }));
  const isEncrypted = certified !== undefined;
  const addressed = (text: string) => text.replaceAll(/172\.20\.\d+\.\d+/g, replica);
  return {
    name,
    isBuild: true,
    files: [
      ...haproxy,
      ...of.shared,
      ...traefikContainer(of, isEncrypted).files,
      {
        path: "/etc/bench/traefik.yaml",
        content: apart(of.traefikStatic(node, [edge], undefined, isEncrypted)),
      },
      {
        path: "/etc/bench/dynamic/services.yaml",
        content: addressed(of.traefikDynamic(services, replicas, "www.example.com", isEncrypted)),
      },
    ],
    units: [...of.socketOf("traefik"), "traefik.service", "haproxy.service"],
  };
}

function traefikContainer(of: Renderers, isEncrypted: boolean) {
  return of.containerSetup({
    name: "traefik",
    image: "traefik:1",
    network: "host",
    volumes: [
      "/etc/bench/traefik.yaml:/etc/traefik/traefik.yaml:ro",
      "/etc/bench/dynamic:/etc/traefik/dynamic:ro",
      ...(isEncrypted ? ["/etc/platform/tiers:/etc/traefik/tiers:ro"] : []),
    ],
    command: ["/traefik", "--configFile=/etc/traefik/traefik.yaml"],
    environment: of.traefikEnvironment?.(4),
    stopSeconds: 1,
  });
}
