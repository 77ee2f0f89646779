import * as hcloud from "@pulumi/hcloud";
import * as pulumi from "@pulumi/pulumi";
import type { Machine } from "../../machine/machine";
import { numericId } from "../../machine/server";
import { EdgeBalance } from "./balanceSettings";
import type { LoadBalancerPairArgs } from "./inputs";
import { type Balancer, balancedPath, checkRetries, checkSeconds, checkTimeoutSeconds } from "./managed";
import type { Pair } from "./pairSetup";
import { edgeHealthPort, httpPort, httpsPort } from "./role";

/**
 * Hetzner's load balancer before both machines of the pair, which it hands visitors' bytes to: TLS, names, limits and
 * all else stay theirs. It asks each how it is, and sends nobody to one that does not answer.
 *
 * @returns its public IPv4 address, when visitors are served under it
 */
export function createManagedBalancer(
  name: string,
  args: LoadBalancerPairArgs,
  { context, resourceName }: Pick<Pair, "context" | "resourceName">,
  { address, type }: Balancer,
  machines: readonly Machine[],
  parent: pulumi.Resource,
): pulumi.Output<string> {
  const { protect = false, balance, network } = args;
  const algorithm = balance === EdgeBalance.LeastConnections ? "least_connections" : "round_robin";
  const { location, labels } = context;
  const balancer = new hcloud.LoadBalancer(
    `${name}-balancer`,
    {
      name: resourceName,
      ...{ loadBalancerType: type, location, labels, algorithm: { type: algorithm } },
      deleteProtection: protect,
    },
    // With it goes its address, which DNS names.
    { parent, protect, deleteBeforeReplace: true },
  );
  const loadBalancerId = numericId(balancer);
  const joined = new hcloud.LoadBalancerNetwork(
    `${name}-balancer-network`,
    { loadBalancerId, networkId: network.id, ip: address, enablePublicInterface: true },
    { parent, deleteBeforeReplace: true },
  );
  const opts = { parent, dependsOn: joined };
  const targets = createTargets(name, loadBalancerId, machines, opts);
  const ports =
    args.certificate === undefined && args.acme === undefined ? [httpPort] : [httpPort, httpsPort];
  const inPlace = { ...opts, deleteBeforeReplace: true };
  const services = ports.map(
    (port) =>
      new hcloud.LoadBalancerService(`${name}-balancer-${port}`, serviceOf(balancer.id, port), inPlace),
  );
  return pulumi
    .all([balancer.ipv4, ...[...targets, ...services].map(({ id }) => id)])
    .apply(([ipv4]) => ipv4 ?? "");
}

/** Both machines, by their private addresses. */
function createTargets(
  name: string,
  loadBalancerId: pulumi.Output<number>,
  machines: readonly Machine[],
  opts: pulumi.CustomResourceOptions,
): hcloud.LoadBalancerTarget[] {
  return machines.map(
    ({ serverId }, index) =>
      new hcloud.LoadBalancerTarget(
        `${name}-balancer-target${index + 1}`,
        { type: "server", loadBalancerId, serverId, usePrivateIp: true },
        opts,
      ),
  );
}

function serviceOf(loadBalancerId: pulumi.Output<string>, port: number): hcloud.LoadBalancerServiceArgs {
  return {
    loadBalancerId,
    protocol: "tcp",
    listenPort: port,
    destinationPort: port,
    proxyprotocol: true,
    healthCheck: {
      protocol: "http",
      port: edgeHealthPort,
      interval: checkSeconds,
      timeout: checkTimeoutSeconds,
      retries: checkRetries,
      http: { path: balancedPath, statusCodes: ["200"] },
    },
  };
}
