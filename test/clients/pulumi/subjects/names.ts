import * as hcloud from "@pulumi/hcloud";
import * as pulumi from "@pulumi/pulumi";
import { choose, labelsOf, type Pem, type Subject, type Version } from "../subject";

const certificateArgs = (name: string, pems: readonly [Pem, Pem], version: Version) => {
  const pem = choose(version, { first: pems[0], updated: pems[0], replaced: pems[1] });
  return {
    name: version === "first" ? name : `${name}-renamed`,
    certificate: pem.certificate,
    privateKey: pem.key,
    labels: labelsOf(version),
  };
};

/** Certificates, zones and what is in them. */
export const nameSubjects: readonly Subject[] = [
  {
    name: "uploadedCertificate",
    read: (id) => hcloud.UploadedCertificate.get("subject-uploaded", id),
    make: ({ certificates }, version, options) =>
      new hcloud.UploadedCertificate(
        "subject-uploaded",
        certificateArgs("uploaded", certificates, version),
        options,
      ),
  },
  {
    // The older name of the one above.
    name: "certificate",
    read: (id) => hcloud.Certificate.get("subject-certificate", id),
    make: ({ certificates }, version, options) =>
      new hcloud.Certificate(
        "subject-certificate",
        certificateArgs("certificate", certificates, version),
        options,
      ),
  },
  {
    name: "managedCertificate",
    // Its names must be in a zone, which so comes first.
    make: ({ zone }, version, options) =>
      new hcloud.ManagedCertificate(
        "subject-managed",
        {
          name: version === "first" ? "managed" : "managed-renamed",
          domainNames: choose(version, {
            first: [pulumi.interpolate`managed.${zone}`],
            updated: [pulumi.interpolate`managed.${zone}`],
            replaced: [pulumi.interpolate`other.${zone}`],
          }),
          labels: labelsOf(version),
        },
        options,
      ),
  },
  {
    name: "zone",
    make: (_supports, version, options) =>
      new hcloud.Zone(
        "subject-zone",
        {
          name: choose(version, {
            first: "subject.example",
            updated: "subject.example",
            replaced: "replaced.example",
          }),
          mode: "primary",
          ttl: version === "first" ? 3600 : 7200,
          labels: labelsOf(version),
        },
        options,
      ),
  },
  {
    name: "zoneRrset",
    importId: (_rrset, { zone }) => pulumi.interpolate`${zone}/www/A`,
    make: ({ zone }, version, options) =>
      new hcloud.ZoneRrset(
        "subject-rrset",
        {
          zone,
          name: choose(version, { first: "www", updated: "www", replaced: "web" }),
          type: "A",
          ttl: version === "first" ? 300 : 600,
          records: [{ value: version === "first" ? "198.51.100.7" : "198.51.100.8", comment: "page" }],
          labels: labelsOf(version),
        },
        options,
      ),
  },
  {
    name: "zoneRecord",
    import: "never",
    make: ({ zone }, version, options) =>
      new hcloud.ZoneRecord(
        "subject-record",
        {
          zone,
          name: "mail",
          type: "A",
          value: choose(version, {
            first: "198.51.100.9",
            updated: "198.51.100.9",
            replaced: "198.51.100.10",
          }),
          comment: version === "first" ? "mail" : "mail server",
        },
        options,
      ),
  },
];
