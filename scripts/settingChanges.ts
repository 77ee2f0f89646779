import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { Command } from "commander";
import {
  type EngineStack,
  engineStack,
  image,
  type PlannedStep,
  type Values,
} from "../test/support/engineStack";
import { projectRoot } from "./localStack";

export const document = join(projectRoot, "docs", "settings.md");

/** One setting, an example of another value for it, and what the preview cannot see. */
export interface SettingChange {
  readonly path: string;
  readonly value: unknown;
  /** Further values that it needs. */
  readonly with?: readonly (readonly [path: string, value: unknown])[];
  /** What happens on the machines. */
  readonly note?: string;
}

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
  { path: "adminRanges", value: ["198.51.100.8/32"] },
  { path: "location", value: "fsn1" },
  { path: "image", value: "331978001", note: "only machines that are made from now on have it" },
  { path: "network.range", value: "10.1.0.0/16" },
  { path: "network.subnets", value: { database: "10.0.9.0/24" } },
  {
    path: "edge.serverType",
    value: "ccx13",
    note: "both machines lose power at once; so does every tier whose size changes (`vcpus` and `memoryGb` too)",
  },
  { path: "edge.engine", value: "nginx", note: "both balancers at once" },
  {
    path: "edge.otherHosts",
    value: "redirect",
    note: "HAProxy and nginx reload, visitors notice nothing",
  },
  { path: "app.count", value: 1, note: "the last nodes go, with the requests that they serve" },
  { path: "app.serverType", value: "ccx23", note: "all nodes lose power at once" },
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
    note: "Traefik restarts on all app nodes at once: 503 for seconds",
  },
  { path: "images.elasticsearch", value: image("example/search"), note: "search restarts" },
  { path: "images.objectStore", value: image("example/store"), note: "the object store restarts" },
  {
    path: "images.registryMirror",
    value: "https://mirror.example.com",
    note: "Docker restarts on all these machines at once, with all containers",
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

/** The table, from a preview of each change. The stack must be up with the starting point. */
export async function renderSettings(running: EngineStack): Promise<string> {
  const rows: string[] = [];
  for (const change of settingChanges) {
    running.configure(changedValues(change));
    const effect = await running.plan().then(effectOf, refusalOf);
    rows.push(`| \`${change.path}\` | ${effect} | ${change.note ?? ""} |`);
  }
  running.configure(startingPoint);
  return `# What changing a setting does
Written by \`npm run setting-changes\` from a preview of each change on a running platform: do not edit.
What is refused is refused by \`pulumi preview\` and \`pulumi up\` alike, before anything is touched; see [Settings that data depends on](operations.md#settings-that-data-depends-on).

| setting | \`pulumi up\` | on the machines |
|---|---|---|
${rows.join("\n")}
`;
}

/** One cell: what is replaced and deleted first, because that is what people must see. */
function effectOf(steps: readonly PlannedStep[]): string {
  const order = ["replace", "delete", "create", "update"];
  const verbs: Readonly<Record<string, string>> = {
    replace: "**replaces**",
    delete: "**deletes**",
    create: "creates",
    update: "updates",
  };
  const texts = order.flatMap((op) => {
    const things = steps
      .filter((step) => step.op === op)
      .map(thing)
      .filter((name) => name !== "");
    return things.length === 0 ? [] : [`${verbs[op]} ${[...new Set(things)].sort().join(", ")}`];
  });
  const machines = steps.filter(({ op, name }) => op === "update" && name.endsWith("-setup"));
  if (machines.length > 0) texts.push(`sets up again: ${machines.map(machineOf).sort().join(", ")}`);
  return texts.length === 0 ? "nothing" : texts.join("; ");
}

/** Set-ups are told apart, records are not told at all. */
function thing({ op, type, name, differs }: PlannedStep): string {
  if (
    type === "Stash" ||
    type === "Machine" ||
    (type === "Command" && (op === "update" || name.endsWith("-ready")))
  )
    return "";
  // The provider itself.
  if (type === "docker") return "how registries are asked";
  if (type === "Server")
    return `server ${machineOf({ name })}${op === "update" ? ` (${differs.join(", ")})` : ""}`;
  return type === "Command" ? `set-up of ${machineOf({ name })}` : type;
}

/** `platform-app-app1-setup` is `app1`, `platform-data-server` is `data`. */
function machineOf({ name }: Pick<PlannedStep, "name">): string {
  return name.split("-").at(-2) ?? name;
}

function refusalOf(error: unknown): string {
  const text = error instanceof Error ? error.message : String(error);
  const [, refused = ""] = text.split("data would be left behind or deleted\n");
  const lines = refused.split("\n").flatMap((line) => /^ {2}(\S.*)$/.exec(line)?.[1] ?? []);
  if (lines.length === 0) throw error;
  // The path stands in the first column, and the values are those of the example.
  const shorter = lines.map((line) => line.replace(/^\S+: (?:.* in the configuration: )?/, ""));
  return `**refused**: ${shorter.join(". ")}`;
}

async function main(): Promise<void> {
  const running = await engineStack(startingPoint);
  try {
    await running.stack.up();
    const text = await renderSettings(running);
    if (text !== (await readFile(document, "utf8").catch(() => ""))) await writeFile(document, text);
  } finally {
    await running.stop();
  }
}

if (require.main === module) {
  new Command("npm run setting-changes")
    .description("Writes docs/settings.md from a preview of each changed setting.")
    .action(main)
    .parseAsync()
    .catch((error: unknown) => {
      process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`);
      process.exitCode = 1;
    });
}
