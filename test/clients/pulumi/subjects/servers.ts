import * as hcloud from "@pulumi/hcloud";
import * as pulumi from "@pulumi/pulumi";
import { choose, labelsOf, type Subject } from "../subject";
import { publicKeys } from "../supports";

export const serverSubjects: readonly Subject[] = [
  {
    name: "sshKey",
    make: (_supports, version, options) =>
      new hcloud.SshKey(
        "subject-key",
        {
          name: "subject",
          publicKey: choose(version, {
            first: publicKeys[1],
            updated: publicKeys[1],
            replaced: publicKeys[2],
          }),
          labels: labelsOf(version),
        },
        options,
      ),
  },
  {
    name: "placementGroup",
    // `spread` is the only type.
    replace: "on request",
    make: (_supports, version, options) =>
      new hcloud.PlacementGroup(
        "subject-group",
        { name: "subject", type: "spread", labels: labelsOf(version) },
        options,
      ),
  },
  {
    name: "server",
    unread: ["userData", "sshKeys", "keepDisk"],
    make: ({ sshKey }, version, options) =>
      new hcloud.Server(
        "subject-server",
        {
          name: choose(version, {
            first: "subject",
            updated: "subject-renamed",
            replaced: "subject-renamed",
          }),
          serverType: choose(version, { first: "cx23", updated: "cx33", replaced: "cx33" }),
          keepDisk: true,
          image: "debian-13",
          location: choose(version, { first: "fsn1", updated: "fsn1", replaced: "nbg1" }),
          sshKeys: [pulumi.output(sshKey).apply(String)],
          userData: "#cloud-config\n",
          backups: version !== "first",
          labels: labelsOf(version),
        },
        options,
      ),
  },
  {
    name: "serverNetwork",
    make: ({ network, subnet, servers }, version, options) =>
      new hcloud.ServerNetwork(
        "subject-server-network",
        {
          serverId: servers[0],
          networkId: pulumi.all([network, subnet]).apply(([id]) => id),
          ip: choose(version, { first: "10.0.1.20", updated: "10.0.1.20", replaced: "10.0.1.30" }),
          aliasIps: version === "first" ? [] : ["10.0.1.21"],
        },
        options,
      ),
  },
  {
    name: "snapshot",
    make: ({ servers }, version, options) =>
      new hcloud.Snapshot(
        "subject-snapshot",
        {
          serverId: choose(version, { first: servers[1], updated: servers[1], replaced: servers[0] }),
          description: choose(version, {
            first: "before",
            updated: "before the change",
            replaced: "before the change",
          }),
          labels: labelsOf(version),
        },
        options,
      ),
    // The image tells the server's name, not a server that may be gone.
    unread: ["serverId"],
  },
];
