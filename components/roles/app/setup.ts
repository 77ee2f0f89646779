import { createHash } from "node:crypto";
import type { MachinePlan } from "../../plan/plan";
import type { AccessLog } from "../../settings/accessLog";
import { type StoreEnvironments, secretEnvironment } from "../../settings/secretEnvironment";
import { containerSetup } from "../../setup/container";
import { listenEarlySetup } from "../../setup/listenEarly";
import { mergeSetups } from "../../setup/merge";
import { nodeHealthPath, proxyHealthPath, siteEntrance } from "../../setup/site";
import { sysctlSetup } from "../../setup/sysctl";
import { tierFiles, trustPaths } from "../../setup/tiers/paths";
import type { TierProgram } from "../../setup/tiers/renewScript";
import { type CompleteSetup, completeSetup, type SetupFile } from "../../setup/types";
import { traefikEnvironment } from "./collector";
import { planReplicas, type Replica } from "./replicas";
import type { ServiceSettings } from "./settings";
import { appProbes, type ReplicaCheck } from "./status";
import { traefikTiers } from "./tiers";
import { healthHost, traefikDynamic, traefikStatic, traefikStopSeconds } from "./traefik";

/** What all app nodes have in common. */
export interface AppStack {
  /** Name that visitors use: `www.example.com`. */
  readonly domain: string;
  readonly services: Readonly<Record<string, ServiceSettings>>;
  /** Image of each service, by digest. */
  readonly images: Readonly<Record<string, string>>;
  /** Traefik 3 by digest. */
  readonly traefikImage: string;
  /** Environment for those who use a store: DATABASE_URL and the like. Secret. */
  readonly stores: StoreEnvironments;
  /** Values by the names that services ask for. Secret. */
  readonly secrets: Readonly<Record<string, string>>;
  /** Private addresses of the load balancers. */
  readonly loadBalancers: readonly string[];
  /** What Traefik logs. @default - failed requests and those of a second and more */
  readonly accessLog?: AccessLog | undefined;
  /** Requests come over TLS with certificates on both sides, and not without. @default false */
  readonly overTls?: boolean;
}

const staticPath = "/etc/platform/traefik/traefik.yaml";
const dynamicPath = "/etc/platform/traefik/dynamic/services.yaml";
/** It reads certificates again when something in its folder is written anew. */
export const traefikTakes: TierProgram = {
  unit: "traefik.service",
  take: `cp ${dynamicPath} ${dynamicPath}.again
mv ${dynamicPath}.again ${dynamicPath}`,
};

const hashPath = "/etc/platform/stack-hash";

/**
 * Replicas are ready when their databases are, whose machines are set up at the same time and may boot minutes
 * later: https://github.com/hetznercloud/terraform-provider-hcloud/issues/1074
 */
const patienceSeconds = 600;

/**
 * Traefik opens a connection to a replica for each request that must not be repeated. The kernel follows each for two
 * minutes after its end, so its table would be full at 2000 of them a second; at 15 s it lasts for more than a node
 * can answer.
 */
const kernelSetup = sysctlSetup({
  name: "kernel settings of an app node",
  path: "/etc/sysctl.d/61-platform-app.conf",
  values: {},
  whereAllowed: {
    "net.netfilter.nf_conntrack_max": "262144",
    "net.netfilter.nf_conntrack_tcp_timeout_time_wait": "15",
  },
  modules: ["nf_conntrack"],
});

/** Traefik and the service stack of one app node. Secret: it holds the environment of the containers. */
export function appNodeSetup(node: MachinePlan, stack: AppStack): CompleteSetup {
  const replicas = planReplicas(stack.services);
  const setup = mergeSetups(
    listenEarlySetup,
    kernelSetup,
    ...replicas.map((replica) => replicaSetup(node, replica, stack)),
    traefikSetup(node, stack, replicas),
  );
  const hash = { path: hashPath, content: `${stackHash(node, setup)}\n` };
  return {
    ...setup,
    files: [...setup.files, hash],
    probes: appProbes(node, replicaChecks(replicas, stack), stack.overTls),
  };
}

/**
 * Fingerprint of what a node runs, without what makes it that node: its name and its address. Equal on all
 * nodes, or they do not run the same stack. Files with secrets count by their path alone.
 */
export function stackHash(node: MachinePlan, { probes: _, ...setup }: CompleteSetup): string {
  const neutral = (text: string) =>
    text.replaceAll(node.hostname, "NODE_NAME").replaceAll(node.privateIp, "NODE_ADDRESS");
  const isSecret = (file: SetupFile) => file.mode === "0600" || file.mode === "0640";
  const visible = setup.files
    .filter((file) => file.path !== hashPath)
    .map((file) => (isSecret(file) ? { ...file, content: "" } : file));
  return createHash("sha256")
    .update(neutral(JSON.stringify({ ...setup, files: visible })))
    .digest("hex");
}

function replicaChecks(replicas: readonly Replica[], { domain }: AppStack): readonly ReplicaCheck[] {
  return replicas.map((replica) => ({ name: replica.name, ready: readiness(replica, domain) }));
}

/** One container; replicas of a service change one after the other. */
function replicaSetup(node: MachinePlan, replica: Replica, stack: AppStack): CompleteSetup {
  const { service, serviceName } = replica;
  const image = stack.images[serviceName];
  if (image === undefined) throw new Error(`service ${serviceName} has no image: name one in images`);
  return containerSetup({
    name: replica.name,
    image,
    network: { address: replica.address },
    environment: {
      APP_MODE: serviceName,
      ...service.environment,
      NODE_NAME: node.hostname,
      REPLICA: String(replica.number),
      RELEASE: releaseOf(service.image),
      ...(service.port === undefined ? {} : { PORT: String(service.port) }),
    },
    secretEnvironment: secretEnvironment(`service ${serviceName}`, service, stack.stores, stack.secrets),
    memoryMb: service.memoryMb,
    flags: ["--security-opt=no-new-privileges", "--pids-limit=1024", ...healthFlags(service)],
    group: serviceName,
    ready: readiness(replica, stack.domain),
    readySeconds: patienceSeconds,
  });
}

/**
 * A replica with a port answers for itself; for others the image's own health check speaks, if it has one. 2xx as for
 * the load balancers, so that nothing is called ready here and gets no visitors there.
 */
function readiness({ name, address, service }: Replica, domain: string): string {
  if (service.port !== undefined) {
    const url = `http://${address}:${service.port}${service.healthPath}`;
    const host = healthHost(service, domain);
    return `status=$(curl -sS -m 5 -o /dev/null -w '%{http_code}' -H 'Host: ${host}' ${url}) && { [[ $status = 2?? ]] || { echo "${url} (Host: ${host}) answers $status, and 2xx means ready"; false; }; }`;
  }
  const format = "{{if .State.Health}}{{.State.Health.Status}}{{else}}{{.State.Status}}{{end}}";
  return `state=$(docker inspect -f '${format}' ${name}) && { [ "$state" = healthy ] || [ "$state" = running ] || { echo "${name} is $state"; false; }; }`;
}

/** Traefik checks what has a port; a worker only Docker can ask, and at the start it asks every second. */
function healthFlags(service: ServiceSettings): string[] {
  return service.port === undefined
    ? ["--health-start-period=60s", "--health-start-interval=1s"]
    : ["--no-healthcheck"];
}

/** What the application shows as its release: the tag, which people chose. */
function releaseOf(reference: string): string {
  const name = reference.split("@")[0] ?? reference;
  return name.slice(name.lastIndexOf("/") + 1).split(":")[1] ?? "latest";
}

function traefikSetup(node: MachinePlan, stack: AppStack, replicas: readonly Replica[]): CompleteSetup {
  const { overTls = false } = stack;
  const { at, curl } = siteEntrance(overTls);
  const ask = (path: string) => `curl -fsS -m 5${curl} -o /dev/null ${at(node)}${path}`;
  const container = containerSetup({
    name: "traefik",
    image: stack.traefikImage,
    network: "host",
    volumes: [
      `${staticPath}:/etc/traefik/traefik.yaml:ro`,
      // The folder, because a file that is replaced would stay the old one inside the container.
      `${dynamicPath.replace(/\/[^/]*$/, "")}:/etc/traefik/dynamic:ro`,
      ...(overTls ? [`${tierFiles.folder}:${traefikTiers}:ro`] : []),
    ],
    reads: [staticPath, ...(overTls ? trustPaths : [])],
    command: ["--configFile=/etc/traefik/traefik.yaml"],
    environment: traefikEnvironment(node.size.memoryGb),
    flags: [
      "--read-only",
      "--cap-drop=ALL",
      "--cap-add=NET_BIND_SERVICE",
      "--security-opt=no-new-privileges",
    ],
    stopSeconds: traefikStopSeconds,
    ready: ask(proxyHealthPath),
  });
  return completeSetup({
    ...container,
    packages: [...container.packages, "curl"],
    files: [
      ...container.files,
      {
        path: staticPath,
        content: traefikStatic(node.privateIp, stack.loadBalancers, stack.accessLog, overTls),
      },
      { path: dynamicPath, content: traefikDynamic(stack.services, replicas, stack.domain, overTls) },
    ],
    checks: [{ name: "visitors are served", command: ask(nodeHealthPath), timeoutSeconds: patienceSeconds }],
  });
}
