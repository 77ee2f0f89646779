import * as hcloud from "@pulumi/hcloud";
import * as pulumi from "@pulumi/pulumi";
import { choose, labelsOf, type Subject } from "../subject";

export const addressSubjects: readonly Subject[] = [
  {
    name: "floatingIp",
    make: (_supports, version, options) =>
      new hcloud.FloatingIp(
        "subject-floating",
        {
          name: "subject",
          type: choose(version, { first: "ipv4", updated: "ipv4", replaced: "ipv6" }),
          homeLocation: "fsn1",
          description: version === "first" ? "" : "moves",
          labels: labelsOf(version),
        },
        options,
      ),
  },
  {
    name: "floatingIpAssignment",
    make: ({ floatingIps, servers }, version, options) =>
      new hcloud.FloatingIpAssignment(
        "subject-floating-assignment",
        {
          floatingIpId: choose(version, {
            first: floatingIps[0],
            updated: floatingIps[0],
            replaced: floatingIps[1],
          }),
          serverId: version === "first" ? servers[0] : servers[1],
        },
        options,
      ),
  },
  {
    name: "primaryIp",
    make: (_supports, version, options) =>
      new hcloud.PrimaryIp(
        "subject-primary",
        {
          name: choose(version, {
            first: "subject",
            updated: "subject-renamed",
            replaced: "subject-renamed",
          }),
          type: "ipv4",
          location: choose(version, { first: "fsn1", updated: "fsn1", replaced: "nbg1" }),
          assigneeType: "server",
          autoDelete: false,
          labels: labelsOf(version),
        },
        options,
      ),
  },
  {
    name: "rdns",
    make: ({ floatingIps, floatingAddresses }, version, options) =>
      new hcloud.Rdns(
        "subject-rdns",
        {
          floatingIpId: choose(version, {
            first: floatingIps[0],
            updated: floatingIps[0],
            replaced: floatingIps[1],
          }),
          ipAddress: choose(version, {
            first: floatingAddresses[0],
            updated: floatingAddresses[0],
            replaced: floatingAddresses[1],
          }),
          dnsPtr: version === "first" ? "one.example.com" : "two.example.com",
        },
        options,
      ),
  },
  {
    name: "volume",
    unread: ["format"],
    make: (_supports, version, options) =>
      new hcloud.Volume(
        "subject-volume",
        {
          name: "subject",
          size: version === "first" ? 10 : 20,
          location: choose(version, { first: "fsn1", updated: "fsn1", replaced: "nbg1" }),
          format: "ext4",
          labels: labelsOf(version),
        },
        options,
      ),
  },
  {
    name: "volumeAttachment",
    update: "never",
    make: ({ volumes, servers }, version, options) =>
      new hcloud.VolumeAttachment(
        "subject-volume-attachment",
        {
          volumeId: choose(version, { first: volumes[0], updated: volumes[0], replaced: volumes[1] }),
          serverId: pulumi.output(servers[0]),
        },
        options,
      ),
  },
];
