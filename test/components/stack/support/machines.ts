import { registryLogins } from "../../../../components/credentials";
import { machineBase } from "../../../../components/machine/base";
import { deployKey } from "../../../../components/machine/deployKey";
import { machineTiers } from "../../../../components/machine/tiers";
import { type MachinePlan, machinesOf, type Plan } from "../../../../components/plan/plan";
import { answersOverTls, certifiedServers } from "../../../../components/plan/tiers";
import { appNodeSetup } from "../../../../components/roles/app/setup";
import { programsSetup } from "../../../../components/roles/container/setup";
import { databaseClients, databaseSetup } from "../../../../components/roles/database/setup";
import { pairAddresses } from "../../../../components/roles/edge/addresses";
import { loadBalancerSetup } from "../../../../components/roles/edge/setup";
import { storageSetup } from "../../../../components/roles/storage/setup";
import { webSetup } from "../../../../components/roles/web/setup";
import { visitorNames } from "../../../../components/settings/visitorNames";
import { dockerSetup } from "../../../../components/setup/docker";
import { mergeSetups } from "../../../../components/setup/merge";
import type { CompleteSetup } from "../../../../components/setup/types";
import type { PlatformSettings } from "../../../../components/stack/settings";
import { type Planned, planned } from "../../../support/planned";
import { agentOptions } from "../../roles/edge/support/options";

export interface RenderedMachine {
  readonly plan: MachinePlan;
  readonly setup: CompleteSetup;
}

export const passwords = { application: "App1", backup: "Backup1", restore: "Restore1" };
const seed = Buffer.alloc(32, 7).toString("base64");
const boxKey = deployKey(Buffer.alloc(32, 7).toString("base64"), "backups@test").privateKey;
const stores = {
  database: { DATABASE_URL: "postgresql://app" },
  cache: { REDIS_URL: "redis://app" },
  search: { ELASTICSEARCH_URL: "http://app" },
  objectStore: { S3_ENDPOINT: "http://s3" },
};

/** What the components render for one machine of each kind, with stand-ins for what only the cloud knows. */
export function renderMachines(
  settings: PlatformSettings,
  secrets: Readonly<Record<string, string>>,
): RenderedMachine[] {
  const topology = planned(settings);
  const { database, storage } = topology;
  const [edge1, edge2] = topology.edge;
  const app = topology.app.at(-1) ?? edge1;
  const logins = registryLogins(settings.images.registries, secrets);
  const docker = dockerSetup({ registryMirror: settings.images.registryMirror, logins });
  const roles: readonly (readonly [MachinePlan, CompleteSetup])[] = [
    [edge1, edgeMachine(settings, topology)],
    [app, mergeSetups(docker, appNodeSetup(app, appStack(settings, secrets, [edge1, edge2], topology.plan)))],
    [database, mergeSetups(docker, databaseMachine(settings, topology))],
    [storage, mergeSetups(docker, storageMachine(settings, topology))],
  ];
  const others = [
    ...webMachines(settings, topology, secrets),
    ...userMachines(settings, topology.plan, secrets, docker),
  ];
  return [...roles, ...others].map(([plan, role]) => ({
    plan,
    setup: mergeSetups(
      machineBase(plan, topology.plan, settings),
      machineTiers(plan, topology.plan, seed, [{ unit: "nginx.service" }]),
      role,
    ),
  }));
}

const networks = ["2001:db8:2:1::1", "2001:db8:2:2::1"];

function edgeMachine(settings: PlatformSettings, topology: Planned): CompleteSetup {
  const [edge1, edge2] = topology.edge;
  const { served, aliases } = visitorNames(settings);
  const [domain, ...otherDomains] = served;
  return loadBalancerSetup({
    engine: settings.edge.engine,
    domain,
    otherDomains,
    aliases,
    otherHosts: settings.edge.otherHosts ?? "serve",
    machine: edge1,
    peer: edge2,
    backends: backendsOf(topology),
    certificate: undefined,
    ...(settings.edge.accessLog && { accessLog: settings.edge.accessLog }),
    limits: settings.edge.limits,
    ...(settings.edge.balance && { balance: settings.edge.balance }),
    retries: settings.edge.retries ?? 1,
    timeoutSeconds:
      5 +
      Math.max(
        30,
        ...Object.values(settings.app.services).flatMap(({ timeoutSeconds = [] }) => timeoutSeconds),
      ),
    sticky: Object.values(settings.app.services).some(({ sticky }) => sticky === true),
    cdn: settings.edge.cdn && { ...settings.edge.cdn, secret: "planted-origin-secret" },
    redirectToHttps: settings.edge.redirectToHttps ?? true,
    ...(settings.edge.mode && { mode: settings.edge.mode }),
    ipv6: settings.edge.ipv6 ?? false,
    floatingIpv6s: settings.edge.ipv6 ? networks.slice(0, pairAddresses(settings.edge.mode).length) : [],
    floatingIps: ["203.0.113.10", "203.0.113.11"].slice(0, pairAddresses(settings.edge.mode).length),
    privateRange: settings.network.range,
    agent: agentOptions,
  });
}

/** As the pair is told of them; with web servers these are in the same place. */
function backendsOf({ plan, app, edge: [edge1] }: Planned) {
  const certified = certifiedServers(plan, edge1);
  return app.map(({ name, privateIp }) => ({
    name,
    address: privateIp,
    certified: certified.get(privateIp),
  }));
}

function webMachines(
  { web, app, domain }: PlatformSettings,
  topology: Planned,
  secrets: Readonly<Record<string, string>>,
): (readonly [MachinePlan, CompleteSetup])[] {
  if (web === undefined) return [];
  const services = Object.entries(app.services).flatMap(([name, { pathPrefix, host }]) =>
    pathPrefix === undefined ? [] : [{ name, pathPrefix, host }],
  );
  const addresses = (machines: readonly MachinePlan[]) => machines.map(({ privateIp }) => privateIp);
  const overTls = answersOverTls(topology.plan, "web");
  const nodes = addresses(topology.app).map((address) => `${address}:${overTls ? 443 : 80}`);
  const tiers = { overTls, ...(overTls && { nodesRole: "app" }) };
  const common = { loadBalancers: addresses(topology.edge), nodes, services, domain, content: web, ...tiers };
  return machinesOf(topology.plan, "web")
    .slice(0, 1)
    .map((machine) => [machine, webSetup({ ...common, machine }, secrets)] as const);
}

function databaseMachine(settings: PlatformSettings, topology: Planned): CompleteSetup {
  const { database } = topology;
  return databaseSetup(
    database,
    databaseClients(topology.plan),
    settings.database,
    "elasticsearch@sha256:00",
    {
      postgresql: passwords,
      cache: { application: "a", admin: "b" },
      search: { application: "c", admin: "d" },
    },
  );
}

function storageMachine(settings: PlatformSettings, { database, storage }: Planned): CompleteSetup {
  const isBox = settings.storage.bulk === "storageBox";
  return storageSetup(
    settings.storage,
    settings,
    {
      privateIp: storage.privateIp,
      volumeId: 7,
      objectStoreImage: "store@sha256:00",
      box: isBox ? { server: "u1.your-storagebox.de", username: "u1" } : undefined,
      database: {
        name: settings.database.databaseName,
        address: database.privateIp,
        port: 5432,
        backup: { user: "backup", password: "b" },
        restore: { user: "restore", password: "r" },
      },
    },
    {
      objectStore: { root: "r", application: "a" },
      offsite: settings.storage.backup.offsite && { accessKeyId: "id", secretAccessKey: "key" },
      boxKey: isBox ? boxKey : undefined,
      sealKey: "seal-key",
    },
  );
}

/** One machine of each kind that the stack file defines. */
function userMachines(
  { roles = {} }: PlatformSettings,
  plan: Plan,
  secrets: Readonly<Record<string, string>>,
  docker: CompleteSetup,
): (readonly [MachinePlan, CompleteSetup])[] {
  return Object.entries(roles).flatMap(([role, settings]) =>
    machinesOf(plan, role)
      .slice(0, 1)
      .map((machine) => {
        const names = Object.keys(settings.containers);
        const images = Object.fromEntries(names.map((name) => [name, `example/${name}@sha256:00`]));
        const volume = settings.volumeGb === undefined ? undefined : { id: 7, sizeGb: settings.volumeGb };
        const database = settings.needs.includes("database") ? { database: stores.database } : {};
        const setup = programsSetup(machine, { ...settings, images, volume, stores: database, secrets });
        return [machine, mergeSetups(docker, setup)] as const;
      }),
  );
}

function appStack(
  settings: PlatformSettings,
  secrets: Readonly<Record<string, string>>,
  loadBalancers: readonly MachinePlan[],
  plan: Plan,
) {
  const { services } = settings.app;
  return {
    services,
    accessLog: settings.app.accessLog,
    domain: settings.domain,
    images: Object.fromEntries(Object.keys(services).map((name) => [name, `example/${name}@sha256:00`])),
    traefikImage: "traefik@sha256:00",
    stores,
    secrets,
    loadBalancers: loadBalancers.map(({ privateIp }) => privateIp),
    overTls: answersOverTls(plan, "app"),
  };
}
