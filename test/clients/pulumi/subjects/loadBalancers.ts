import * as hcloud from "@pulumi/hcloud";
import * as pulumi from "@pulumi/pulumi";
import { choose, labelsOf, type Subject } from "../subject";

export const loadBalancerSubjects: readonly Subject[] = [
  {
    name: "loadBalancer",
    make: (_supports, version, options) =>
      new hcloud.LoadBalancer(
        "subject-balancer",
        {
          name: choose(version, {
            first: "subject",
            updated: "subject-renamed",
            replaced: "subject-renamed",
          }),
          loadBalancerType: choose(version, { first: "lb11", updated: "lb21", replaced: "lb21" }),
          algorithm: { type: version === "first" ? "round_robin" : "least_connections" },
          location: choose(version, { first: "fsn1", updated: "fsn1", replaced: "nbg1" }),
          labels: labelsOf(version),
        },
        options,
      ),
  },
  {
    name: "loadBalancerNetwork",
    make: ({ loadBalancers, network, subnet }, version, options) =>
      new hcloud.LoadBalancerNetwork(
        "subject-balancer-network",
        {
          loadBalancerId: loadBalancers[0],
          networkId: pulumi.all([network, subnet]).apply(([id]) => id),
          ip: choose(version, { first: "10.0.1.40", updated: "10.0.1.40", replaced: "10.0.1.41" }),
          enablePublicInterface: version === "first",
        },
        options,
      ),
  },
  {
    name: "loadBalancerService",
    importId: (_service, { loadBalancers }) => pulumi.interpolate`${loadBalancers[1]}__80`,
    make: ({ loadBalancers }, version, options) =>
      new hcloud.LoadBalancerService(
        "subject-balancer-service",
        {
          loadBalancerId: pulumi.output(loadBalancers[1]).apply(String),
          protocol: "http",
          listenPort: choose(version, { first: 80, updated: 80, replaced: 81 }),
          destinationPort: version === "first" ? 8080 : 8081,
          proxyprotocol: false,
          http: { stickySessions: true, cookieName: "NODE", cookieLifetime: 300 },
          healthCheck: {
            protocol: "http",
            port: 8080,
            interval: 10,
            timeout: 5,
            retries: 3,
            http: { path: "/health", statusCodes: ["200"] },
          },
        },
        options,
      ),
  },
  {
    name: "loadBalancerTarget",
    update: "never",
    importId: (_target, { loadBalancers, servers }) =>
      pulumi.interpolate`${loadBalancers[1]}__server__${servers[0]}`,
    make: ({ loadBalancers, servers }, version, options) =>
      new hcloud.LoadBalancerTarget(
        "subject-balancer-target",
        {
          loadBalancerId: loadBalancers[1],
          type: "server",
          serverId: choose(version, { first: servers[0], updated: servers[0], replaced: servers[1] }),
        },
        options,
      ),
  },
];
