import type { PlatformSettings } from "../../../../components/stack/settings";
import { parseSettings, SettingsError } from "../../../../components/stack/stackConfig";
import type { Values } from "./words";

export interface Accepted {
  readonly settings: PlatformSettings;
  readonly values: Values;
  /** How many values the configuration refused on the way. */
  readonly refused: number;
}

const roles: readonly string[] = ["edge", "web", "app", "database", "storage"];

/** What stands for a value that was refused where leaving it out is not enough. */
const replacements: readonly (readonly [RegExp, unknown])[] = [
  [/^adminRanges\[\d+\]$/, "8.8.4.4/32"],
  [/^aliases\[\d+\]$/, "alias.example.com"],
  [/^edge\.cdn\.ranges$/, ["8.8.4.0/24"]],
  [/^edge\.cdn\.ranges\[\d+\]$/, "8.8.4.0/24"],
  [/^edge\.floatingIps\[\d+\]$/, "kept"],
  [/^images\.objectStore$/, "example/store:1"],
  [/\.image$/, "example/shop:1.4.2"],
  [/\.services\.front\.pathPrefix$/, "/front"],
  [/^web\.uncachedServices\[\d+\]$/, "front"],
  [/^web\.cache\.neverPrefixes\[\d+\]$/, "/never"],
  [/^web\.cache\.assetExtensions\[\d+\]$/, "css"],
  [/^web\.cache\.harmlessCookies\[\d+\]$/, "_ga*"],
  [/^web\.protectedPaths\.\w+\.pathPrefix$/, "/closed"],
  [/^secrets\./, "x"],
  [/^environment$/, "prod"],
  [/^app\.memoryGb$/, 64],
  [/\.endpoint$/, "https://s3.example.com"],
  [/^storage\.backup\.offsite$/, { endpoint: "https://s3.example.com", bucket: "copies", region: "eu" }],
];

/**
 * Takes out of the values what the configuration refuses, until it accepts the rest: so nearly every case reaches the
 * real programs, with everything in it that is allowed.
 *
 * @throws when a value that was taken out is still refused, or anything but a SettingsError comes out
 */
export function accepted(values: Values): Accepted {
  const copy = structuredClone(values);
  let refused = 0;
  for (let round = 0; round < 8; round++) {
    try {
      return { settings: parseSettings(copy, "prod"), values: copy, refused };
    } catch (error) {
      if (!(error instanceof SettingsError)) throw error;
      refused += error.problems.length;
      for (const { path } of error.problems) mend(copy, path);
      // Ranges and sizes that fit nowhere: all of them, not one by one.
      if (round > 3) leaveDefaults(copy);
      if (round === 7) throw error;
    }
  }
  throw new Error("unreachable");
}

function leaveDefaults(values: Values): void {
  delete values.network;
  delete values.roles;
  for (const role of roles) leaveSize(values, role);
}

/** What a role's machines have. */
function leaveSize(values: Values, role: string): void {
  for (const key of ["vcpus", "memoryGb", "serverType", "cpu", "diskGb"]) {
    delete (Object(values[role]) as Values)[key];
  }
}

/** Takes out what has no other value that surely fits. @returns false when the path is of something else */
function leftOut(values: Values, path: string): boolean {
  // A role without its range is none, and another range might not be inside the network.
  const [, role] = /^roles\.([^.]+)\.subnet$/.exec(path) ?? [];
  if (role !== undefined) return delete (values.roles as Values)[role];
  // Its default may be taken too.
  const [, site] = /^web\.sites\.([^.]+)\.pathPrefix$/.exec(path) ?? [];
  if (site !== undefined) return delete Object((values.web as Values).sites)[site];
  // Which zones may be named depends on all names.
  return path === "dns.zone" && delete values.dns;
}

function mend(values: Values, path: string): void {
  // A size that nothing has is said of the role, whose other values are not to blame.
  if (roles.includes(path)) {
    leaveSize(values, path);
    return;
  }
  if (leftOut(values, path)) return;
  const replacement = replacements.find(([pattern]) => pattern.test(path))?.[1];
  const keys = path.replaceAll(/\[(\d+)\]/g, ".$1").split(".");
  const last = keys.pop() ?? "";
  const parent = keys.reduce<Values>((inner, key) => {
    if (!isObject(inner[key])) inner[key] = {};
    return inner[key] as Values;
  }, values);
  if (path === "app.services") {
    for (const service of Object.values(Object(parent.services) as Values)) {
      Object.assign(Object(service), { replicas: 1, memoryMb: 32 });
    }
    return;
  }
  if (replacement !== undefined) parent[last] = replacement;
  else delete parent[last];
  // A port and a prefix come together.
  if (last === "port" || (last === "pathPrefix" && replacement === undefined)) {
    for (const key of ["port", "pathPrefix", "healthPath", "host"]) delete parent[key];
  }
}

function isObject(value: unknown): value is Values {
  return typeof value === "object" && value !== null;
}
