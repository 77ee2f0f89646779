import * as hcloud from "@pulumi/hcloud";
import * as pulumi from "@pulumi/pulumi";
import { choose, labelsOf, type Subject } from "../subject";

export const networkSubjects: readonly Subject[] = [
  {
    name: "network",
    make: (_supports, version, options) =>
      new hcloud.Network(
        "subject-network",
        {
          name: choose(version, {
            first: "subject",
            updated: "subject-renamed",
            replaced: "subject-renamed",
          }),
          ipRange: choose(version, {
            first: "10.10.0.0/16",
            updated: "10.10.0.0/16",
            replaced: "10.20.0.0/16",
          }),
          labels: labelsOf(version),
        },
        options,
      ),
  },
  {
    name: "networkSubnet",
    update: "never",
    make: ({ network }, version, options) =>
      new hcloud.NetworkSubnet(
        "subject-subnet",
        {
          networkId: network,
          type: "cloud",
          networkZone: "eu-central",
          ipRange: choose(version, { first: "10.0.7.0/24", updated: "10.0.7.0/24", replaced: "10.0.8.0/24" }),
        },
        options,
      ),
  },
  {
    name: "networkRoute",
    update: "never",
    make: ({ network, subnet }, version, options) =>
      new hcloud.NetworkRoute(
        "subject-route",
        {
          networkId: pulumi.all([network, subnet]).apply(([id]) => id),
          destination: choose(version, {
            first: "192.168.5.0/24",
            updated: "192.168.5.0/24",
            replaced: "192.168.6.0/24",
          }),
          gateway: "10.0.1.100",
        },
        options,
      ),
  },
  {
    name: "firewall",
    // No input of a firewall forces a new one.
    replace: "on request",
    make: (_supports, version, options) =>
      new hcloud.Firewall(
        "subject-firewall",
        {
          name: "subject",
          rules: [
            {
              direction: "in",
              protocol: "tcp",
              port: version === "first" ? "22" : "22-23",
              sourceIps: ["0.0.0.0/0", "::/0"],
              description: "administration",
            },
          ],
          labels: labelsOf(version),
        },
        options,
      ),
  },
  {
    name: "firewallAttachment",
    replace: "on request",
    make: ({ firewall, servers }, version, options) =>
      new hcloud.FirewallAttachment(
        "subject-firewall-attachment",
        {
          firewallId: firewall,
          serverIds: version === "first" ? [servers[0]] : [servers[0], servers[1]],
        },
        options,
      ),
  },
];
