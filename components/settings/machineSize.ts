import { describeSize, fallbackServerTypes, nearestServerTypes } from "../sizing/resolve";
import { findServerType } from "../sizing/serverTypes";
import type { SettingsProblem } from "./problems";
import type { Rule } from "./rules";
import type { MachineSize, PlatformSettings } from "./settings";

const tiers = ["edge", "app", "database", "storage"] as const;
type MachineKey = (typeof tiers)[number];

/** Memory that system, Docker and Traefik take on an app node, in MB. */
const systemMemoryMb = 1024;
/** PostgreSQL, cache and Elasticsearch side by side do not start with less. */
const leastDatabaseMemoryGb = 4;

/** Sizes of machines: a server type of the location has them, and the software fits. */
export const machineRules: readonly Rule[] = [
  ...tiers.map((key) => ({
    reads: ["location", ...["vcpus", "memoryGb", "serverType"].map((field) => `${key}.${field}`)],
    check: ({ settings }: { readonly settings: PlatformSettings }) => sizeProblems(settings, key),
  })),
  { reads: ["app"], check: ({ settings }) => appMemoryProblems(settings) },
  {
    reads: ["database.memoryGb", "database.serverType"],
    check: ({ settings }) => {
      const { memoryGb } = settings.database;
      if (memoryGb >= leastDatabaseMemoryGb) return [];
      const allowed = `at least ${leastDatabaseMemoryGb} GB for PostgreSQL, cache and Elasticsearch`;
      return [
        { path: "database.memoryGb", value: String(memoryGb), allowed, remedy: "take a larger machine" },
      ];
    },
  },
];

function sizeProblems(settings: PlatformSettings, key: MachineKey): readonly SettingsProblem[] {
  const size: MachineSize = settings[key];
  const { location } = settings;
  const nearest = nearestServerTypes(size, location).map((type) => `${type.name} (${describeSize(type)})`);
  if (size.serverType === undefined) {
    if (fallbackServerTypes(size, location).some((type) => type.architecture === "x86")) return [];
    const allowed = `a size that a server type in ${location} has: ${nearest.join(", ")}`;
    return [{ path: key, value: describeSize(size), allowed, remedy: "ask for less" }];
  }
  const type = findServerType(size.serverType);
  if (type === undefined) return [];
  const problem = (allowed: string): SettingsProblem[] => [
    {
      path: `${key}.serverType`,
      value: `${type.name} (${describeSize(type)})`,
      allowed,
      remedy: `take one of ${nearest.join(", ")}`,
    },
  ];
  if (!type.locations.includes(location)) {
    return problem(`a server type that is sold in ${location}; this one is in ${type.locations.join(", ")}`);
  }
  const large = type.vcpus >= size.vcpus && type.memoryGb >= size.memoryGb;
  return large ? [] : problem(`a server type with at least ${describeSize(size)}`);
}

function appMemoryProblems(settings: PlatformSettings): readonly SettingsProblem[] {
  const services = Object.values(settings.app.services);
  const wanted = services.reduce((sum, service) => sum + service.replicas * service.memoryMb, 0);
  const free = settings.app.memoryGb * 1024 - systemMemoryMb;
  if (wanted <= free) return [];
  return [
    {
      path: "app.services",
      value: `${wanted} MB for all replicas of a node`,
      allowed: `${Math.max(0, free)} MB (app.memoryGb ${settings.app.memoryGb} less ${systemMemoryMb} MB for the system)`,
      remedy: "lower replicas or memoryMb, or raise app.memoryGb",
    },
  ];
}
