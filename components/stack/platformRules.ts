import { bakedImage } from "../machine/bakedImage";
import { defaultImage } from "../machine/context";
import { machinesOf, type Plan } from "../plan/plan";
import { presetProblems } from "../presets/problems";
import { areComplete, completeAllowed } from "../roles/edge/addressNames";
import { ownEndpointProblem } from "../roles/storage/settingsRules";
import { formatValue, type SettingsProblem } from "../settings/problems";
import { shareOfInternet } from "../settings/ranges";
import type { Rule } from "../settings/rules";
import type { PlatformSettings } from "./settings";
import type { PlannedInput, StackInput } from "./stackInput";

/** Who may administer. */
export const platformRules: readonly Rule<StackInput>[] = [
  { reads: ["adminRanges", "protect"], check: adminProblems },
];

/** What needs the whole plan to be seen. */
export const plannedRules: readonly Rule<PlannedInput>[] = [
  { reads: ["image", "bakedImages"], check: bakedImageProblems },
  {
    reads: ["preset", "strictRoles", "network"],
    check: ({ settings, plan }) => presetProblems(settings, plan.roles),
  },
  { reads: ["edge.floatingIps", "edge.mode"], check: addressProblems },
  {
    reads: ["storage.backup.offsite", "network"],
    check: ({ settings, plan }) => ownStoreProblems(settings, plan),
  },
];

function adminProblems({ settings, given }: StackInput): readonly SettingsProblem[] {
  const ranges = given.adminRanges ?? [];
  if (ranges.length === 0 || ranges.length > 100) {
    const value = ranges.length === 0 ? "nothing" : `${ranges.length} ranges`;
    const remedy =
      "add the public address that pulumi runs from: pulumi config set --path 'hetzner-platform:adminRanges[0]' ADDRESS/32";
    return [{ path: "adminRanges", value, allowed: "1 to 100 ranges that may reach SSH", remedy }];
  }
  return settings.protect ? openProblems(ranges) : [];
}

/** Two halves are as open as the whole, and so are all ranges together. */
function openProblems(ranges: readonly string[]): readonly SettingsProblem[] {
  const isHalf = (some: readonly string[]) => shareOfInternet(some) >= 0.5;
  const problem = (path: string, value: string): SettingsProblem => ({
    path,
    value,
    allowed: "not the whole internet, nor half of it, while protect is true",
    remedy: "name your own addresses, or set protect: false for a stack that may be lost",
  });
  const alone = ranges.flatMap((range, index) =>
    isHalf([range]) ? [problem(`adminRanges[${index}]`, range)] : [],
  );
  if (alone.length > 0 || !isHalf(ranges)) return alone;
  return [problem("adminRanges", `${ranges.length} ranges that are half of it together`)];
}

function bakedImageProblems({ settings, plan }: PlannedInput): readonly SettingsProblem[] {
  const { image, bakedImages = {}, environment } = settings;
  const roles = plan.roles.map(({ name }) => name);
  const bake = `npm run bake -- ${environment} writes the images of all roles`;
  const unknown = Object.entries(bakedImages)
    .filter(([role]) => !roles.includes(role))
    .map(([role, id]) => ({
      path: `bakedImages.${role}`,
      value: String(id),
      allowed: `a role of this stack: ${roles.join(", ")}`,
      remedy: `correct the name or remove the line; ${bake}`,
    }));
  if (image !== bakedImage || Object.keys(bakedImages).length > 0) return unknown;
  const allowed = `${defaultImage} while nothing is baked`;
  return [{ path: "image", value: image, allowed, remedy: bake }];
}

function ownStoreProblems(settings: PlatformSettings, plan: Plan): readonly SettingsProblem[] {
  const endpoint = settings.storage.backup.offsite?.endpoint;
  if (endpoint === undefined) return [];
  const own = machinesOf(plan, "storage").map(({ privateIp }) => privateIp);
  return own.includes(new URL(endpoint).hostname) ? [ownEndpointProblem(endpoint)] : [];
}

/** As many as the pair has: a preset may have chosen how many. */
function addressProblems({ settings, plan }: PlannedInput): readonly SettingsProblem[] {
  const { floatingIps, ipv6 = false } = settings.edge;
  const orders = plan.roles.find(({ name }) => name === "edge")?.orders ?? [];
  const many = orders.filter(({ kind }) => kind === "floatingIpv4").length;
  if (floatingIps === undefined || areComplete(floatingIps, { many, ipv6 })) return [];
  return [
    {
      path: "edge.floatingIps",
      value: formatValue(floatingIps),
      allowed: completeAllowed({ many, ipv6 }),
      remedy:
        "name as many as edge.mode has, networks of IPv6 with edge.ipv6 alone, or leave the key out and the stack makes its own",
    },
  ];
}
