import { createPrivateKey, type KeyObject, X509Certificate } from "node:crypto";
import ipaddr from "ipaddr.js";
import { BulkBackend, ObjectStoreEngine } from "../components/settings";
import { hasStorageBox } from "../components/settledSettings";
import type { SettingsProblem } from "./problems";
import type { Rule, RuleInput } from "./rules";

/** Who may administer, which store, which second copy, which certificate. */
export const platformRules: readonly Rule[] = [
  { reads: ["adminRanges", "protect"], check: adminProblems },
  { reads: ["storage.objectStoreEngine", "images.objectStore"], check: objectStoreProblems },
  {
    reads: ["storage.backup.offsite", "offsiteAccessKeyId", "offsiteSecretAccessKey"],
    check: offsiteProblems,
  },
  {
    reads: ["storage.bulk", "storage.bulkGb", "storage.keepStorageBox", "storage.backup.offsite"],
    check: bulkProblems,
  },
  { reads: ["certificate", "domain"], check: certificateProblems },
];

function adminProblems({ settings }: RuleInput): readonly SettingsProblem[] {
  const ranges = settings.adminRanges;
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

function offsiteProblems({ settings, values }: RuleInput): readonly SettingsProblem[] {
  const { offsite } = settings.storage.backup;
  if (offsite === undefined) return [];
  const keys = (["offsiteAccessKeyId", "offsiteSecretAccessKey"] as const)
    .filter((key) => values[key] === undefined)
    .map((key) => ({
      path: key,
      value: "nothing",
      allowed: "a secret while storage.backup.offsite is set",
      remedy: `run: pulumi config set --secret ${key}`,
    }));
  const host = new URL(offsite.endpoint).hostname;
  const near = ipaddr.IPv4.isValid(host) && ipaddr.IPv4.parse(host).range() !== "unicast";
  if (near || offsite.endpoint.startsWith("https:")) return keys;
  const path = "storage.backup.offsite.endpoint";
  return [
    ...keys,
    {
      path,
      value: offsite.endpoint,
      allowed: "https:// to a public host",
      remedy: "backups must not travel in clear text: use https",
    },
  ];
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

function certificateProblems({ settings, values }: RuleInput): readonly SettingsProblem[] {
  if (typeof values.certificate !== "string") return [];
  const problem = (value: string, allowed: string, remedy: string): SettingsProblem[] => [
    { path: "certificate", value, allowed, remedy },
  ];
  const pair = readPem(values.certificate);
  if (pair === undefined) {
    return problem(
      "text that is no readable PEM",
      "PEM with certificate, chain and private key",
      "set the whole file",
    );
  }
  const { certificate, key } = pair;
  if (!certificate.checkPrivateKey(key)) {
    return problem(
      "a key of another certificate",
      "certificate and private key of one pair",
      "set the matching key",
    );
  }
  if (certificate.checkHost(settings.domain) === undefined) {
    const names = certificate.subjectAltName ?? certificate.subject;
    return problem(
      `a certificate for ${names}`,
      `one for domain ${settings.domain}`,
      "set the domain's certificate",
    );
  }
  // The text, because X509Certificate.validToDate is younger than the oldest Node that the package supports.
  if (Date.parse(certificate.validTo) < Date.now()) {
    return problem(`one that ended ${certificate.validTo}`, "a certificate that is valid today", "renew it");
  }
  return [];
}

/** Only what reads the text may fail: any other error is a fault of this program and must show itself. */
function readPem(text: string): { certificate: X509Certificate; key: KeyObject } | undefined {
  try {
    return { certificate: new X509Certificate(text), key: createPrivateKey(text) };
  } catch {
    return undefined;
  }
}
