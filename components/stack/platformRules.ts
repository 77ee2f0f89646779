import ipaddr from "ipaddr.js";
import { machinesOf } from "../plan/plan";
import { planPlatform } from "../presets";
import { presetProblems } from "../presets/problems";
import { hasStorageBox } from "../roles/storage/copies";
import { formatValue, type SettingsProblem } from "../settings/problems";
import type { Rule, RuleInput } from "../settings/rules";
import { BulkBackend, ObjectStoreEngine, type PlatformSettings } from "../settings/settings";

/** Who may administer, which store, which second copy. */
export const platformRules: readonly Rule[] = [
  { reads: ["preset", "strictRoles", "network"], check: ({ settings }) => presetProblems(settings) },
  { reads: ["adminRanges", "protect"], check: adminProblems },
  { reads: ["storage.objectStoreEngine", "images.objectStore"], check: objectStoreProblems },
  { reads: ["offsiteAccessKeyId", "offsiteSecretAccessKey"], check: offsiteKeyProblems },
  {
    reads: ["storage.backup.offsite", "network"],
    check: ({ settings }) => endpointProblems(settings, settings.storage.backup.offsite?.endpoint),
  },
  {
    reads: ["storage.bulk", "storage.bulkGb", "storage.keepStorageBox", "storage.backup.offsite"],
    check: bulkProblems,
  },
];

function adminProblems({ settings, values }: RuleInput): readonly SettingsProblem[] {
  const ranges = values.adminRanges;
  if (ranges.length === 0 || ranges.length > 100) {
    const value = ranges.length === 0 ? "nothing" : `${ranges.length} ranges`;
    const remedy =
      "add the public address that pulumi runs from: pulumi config set --path 'hetzner-platform:adminRanges[0]' ADDRESS/32";
    return [{ path: "adminRanges", value, allowed: "1 to 100 ranges that may reach SSH", remedy }];
  }
  return ranges.flatMap((range, index) => {
    if (!settings.protect || !range.endsWith("/0")) return [];
    const remedy = "name your own addresses, or set protect: false for a stack that may be lost";
    return [
      {
        path: `adminRanges[${index}]`,
        value: range,
        allowed: "not the whole internet while protect is true",
        remedy,
      },
    ];
  });
}

function objectStoreProblems({ settings, values }: RuleInput): readonly SettingsProblem[] {
  const minio = settings.storage.objectStoreEngine === ObjectStoreEngine.Minio;
  if (!minio || values.images.objectStore !== undefined) return [];
  return [
    {
      path: "images.objectStore",
      value: "nothing",
      allowed:
        "an image reference while storage.objectStoreEngine is minio, which has no public image any more",
      remedy: "name an image of your own, or take storage.objectStoreEngine: versitygw",
    },
  ];
}

/** Also beside a bucket or a region that is missing. */
function offsiteKeyProblems({ settings, values }: RuleInput): readonly SettingsProblem[] {
  if (settings.storage.backup.offsite === undefined) return [];
  return (["offsiteAccessKeyId", "offsiteSecretAccessKey"] as const)
    .filter((key) => values[key] === undefined)
    .map((key) => ({
      path: key,
      value: "nothing",
      allowed: "a secret while storage.backup.offsite is set",
      remedy: `run: pulumi config set --secret ${key}`,
    }));
}

function endpointProblems(
  settings: PlatformSettings,
  endpoint: string | undefined,
): readonly SettingsProblem[] {
  if (endpoint === undefined) return [];
  const problem = (allowed: string, remedy: string): SettingsProblem[] => [
    { path: "storage.backup.offsite.endpoint", value: formatValue(endpoint), allowed, remedy },
  ];
  const host = new URL(endpoint).hostname;
  const machines = machinesOf(planPlatform(settings), "storage").map(({ privateIp }) => privateIp);
  const own = [...machines, "localhost", "[::1]", "0.0.0.0"];
  if (own.includes(host) || /^127\./.test(host)) {
    const remedy = "name a store elsewhere: this is the storage node itself, and its copy is lost with it";
    return problem("a store outside of the platform", remedy);
  }
  const near = ipaddr.IPv4.isValid(host) && ipaddr.IPv4.parse(host).range() !== "unicast";
  if (near || endpoint.startsWith("https:")) return [];
  return problem("https:// to a public host", "backups must not travel in clear text: use https");
}

function bulkProblems({ settings, values }: RuleInput): readonly SettingsProblem[] {
  const { bulk, backup } = settings.storage;
  const problems: SettingsProblem[] = [];
  if (bulk === BulkBackend.ObjectStore && backup.offsite === undefined) {
    problems.push({
      path: "storage.backup.offsite",
      value: "nothing",
      allowed: "endpoint, bucket and region while storage.bulk is objectStore",
      remedy: "name the bucket, or take storage.bulk: volume or storageBox",
    });
  }
  if (!hasStorageBox(settings.storage) && values.storage.bulkGb !== undefined) {
    problems.push({
      path: "storage.bulkGb",
      value: String(values.storage.bulkGb),
      allowed: "nothing while storage.bulk is not storageBox and no box is kept",
      remedy: bulk === BulkBackend.Volume ? "set storage.volumeGb instead" : "remove it",
    });
  }
  return problems;
}
