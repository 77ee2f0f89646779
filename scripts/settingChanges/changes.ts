import { image, type Values } from "../../test/support/engineStack";
import type { SettingChange } from "./change";
import { edgeChanges } from "./edgeChanges";

const offsite = { endpoint: "https://s3.example.com", bucket: "copies", region: "eu" };
const keys = [
  ["offsiteAccessKeyId", "id"],
  ["offsiteSecretAccessKey", "key"],
] as const;

const web = {
  image: image("example/shop"),
  replicas: 2,
  port: 3000,
  pathPrefix: "/",
  secrets: { SIGNING_KEY: "signingKey" },
};

/** The platform whose settings are changed: everything that may be lost by a change is there. */
export const startingPoint: Values = {
  domain: "www.example.com",
  adminRanges: ["198.51.100.7/32"],
  protect: false,
  edge: { serverType: "cpx22" },
  app: {
    count: 2,
    serverType: "ccx13",
    services: { web },
  },
  database: { serverType: "ccx23" },
  storage: { serverType: "ccx13", bulk: "storageBox", volumeGb: 50 },
  images: { traefik: image("traefik"), elasticsearch: image("elasticsearch"), objectStore: image("store") },
  secrets: { signingKey: "one" },
};

/** Every setting, in the order of Pulumi.yaml. */
export const settingChanges: readonly SettingChange[] = [
  { path: "environment", value: "live" },
  {
    path: "domain",
    value: "shop.example.com",
    note: "health checks ask by the new name at once; no container restarts",
  },
  {
    path: "aliases",
    value: ["example.com"],
    note: "HAProxy and nginx reload; a certificate with the new names is asked for at once",
  },
  {
    path: "dns",
    value: { zone: "example.com" },
    note: "a record for each name; a record that is there already is refused",
  },
  {
    path: "dns.ttlSeconds",
    value: 60,
    with: [["dns.zone", "example.com"]],
    note: "records that are there change in place",
  },
  {
    path: "dns.caa",
    value: ["letsencrypt.org"],
    with: [["dns.zone", "example.com"]],
    note: "records that are there change in place",
  },
  { path: "adminRanges", value: ["198.51.100.8/32"] },
  { path: "location", value: "fsn1" },
  { path: "image", value: "331978001", note: "only machines that are made from now on have it" },
  { path: "network.range", value: "10.1.0.0/16" },
  { path: "network.subnets", value: { database: "10.0.9.0/24" } },
  {
    path: "mutualTls",
    value: ["requests"],
    note: "requests fail from the first machine that is set up until the last one is, from seconds to a minute: see [Certificates between machines](operations.md#certificates-between-machines)",
  },
  ...edgeChanges,
  {
    path: "web",
    value: { serverType: "cx23" },
    note: "a pause while the machines change side by side; more and fewer of them afterwards have none",
  },
  { path: "app.count", value: 1, note: "the last nodes go, with the requests that they serve" },
  { path: "app.serverType", value: "ccx23", note: "all nodes lose power at once" },
  {
    path: "app.serviceHosts",
    value: "{service}.{domain}",
    note: "routes and the certificate change at once; a service is found under its own name alone from then on",
  },
  {
    path: "app.accessLog",
    value: { requests: "all" },
    note: "Traefik restarts on one app node after the other, which leave the balancers' pools before",
  },
  {
    path: "app.services",
    value: {},
    note: "replicas one after the other on each node, the nodes side by side",
  },
  { path: "database.serverType", value: "ccx33", note: "the machine loses power" },
  { path: "database.databaseName", value: "shop" },
  { path: "database.cacheEngine", value: "redis" },
  {
    path: "storage.serverType",
    value: "ccx23",
    note: "the machine loses power; stop the object store first",
  },
  { path: "storage.objectStoreEngine", value: "minio" },
  { path: "storage.volumeGb", value: 100, note: "grows while it is in use; smaller is refused" },
  { path: "storage.bulk", value: "volume", note: "old backups stay where they are" },
  {
    path: "storage.bulkGb",
    value: 6000,
    note: "a larger box in place; Hetzner refuses one that is too small",
  },
  {
    path: "storage.keepStorageBox",
    value: false,
    with: [["storage.bulk", "volume"]],
    note: "with another `storage.bulk`: the box **and every backup on it** goes",
  },
  { path: "storage.bucket", value: "media" },
  { path: "storage.backup.schedule", value: "*-*-* 03:00:00" },
  {
    path: "storage.backup.retentionDays",
    value: 7,
    note: "fewer days: the next backup deletes the older ones, in all copies; old versions of objects go within a day",
  },
  {
    path: "storage.backup.offsite",
    value: offsite,
    with: keys,
    note: "another bucket begins empty, the old one stays as it is",
  },
  { path: "storage.logRetentionDays", value: 7, note: "fewer days: older logs go within the hour" },
  {
    path: "images.traefik",
    value: image("example/traefik"),
    note: "Traefik restarts on one app node after the other, which leave the balancers' pools before",
  },
  { path: "images.elasticsearch", value: image("example/search"), note: "search restarts" },
  { path: "images.objectStore", value: image("example/store"), note: "the object store restarts" },
  {
    path: "images.registryMirror",
    value: "https://mirror.example.com",
    note: "Docker restarts, on one app node after the other; containers go on",
  },
  {
    path: "images.registries",
    value: [{ host: "ghcr.io", username: "shop", passwordSecret: "signingKey" }],
    note: "the next pull uses them; nothing restarts",
  },
  {
    path: "secrets",
    value: { signingKey: "two" },
    note: "the replicas of the services that name the changed secret, one after the other on each node; a registry's password restarts nothing",
  },
  {
    path: "failoverToken",
    value: "f".repeat(64),
    note: "the agents of both balancers restart, HAProxy or nginx reloads; `hcloud:token` does the same while there is none",
  },
  { path: "budgetEur", value: 1000 },
  {
    path: "deployWindow",
    value: { days: ["mon", "tue", "wed", "thu", "fri", "sat", "sun"], from: "00:00", until: "00:00" },
    note: "refuses every up outside of it",
  },
  { path: "protect", value: true, note: "locks, nothing else" },
  { path: "acceptChange", value: ["storage.bucket=app"], note: "opens the way for exactly this value" },
];

/** The starting point with one change. */
export function changedValues(change: SettingChange): Values {
  const pairs = [...(change.with ?? []), [change.path, changedValue(change)] as const];
  return pairs.reduce((values, [path, value]) => withValue(values, path.split("."), value), startingPoint);
}

function changedValue({ path, value }: SettingChange): unknown {
  if (path !== "app.services") return value;
  return { web: { ...web, replicas: 3 } };
}

function withValue(values: Values, [key = "", ...rest]: readonly string[], value: unknown): Values {
  if (rest.length === 0) return { ...values, [key]: value };
  return { ...values, [key]: withValue((values[key] ?? {}) as Values, rest, value) };
}
