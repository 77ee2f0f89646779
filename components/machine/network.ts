import * as hcloud from "@pulumi/hcloud";
import * as pulumi from "@pulumi/pulumi";
import { numericId } from "./server";

export interface NetworkArgs {
  /** Name in the Hetzner project, unique there. @default - the component's name */
  readonly name?: pulumi.Input<string>;
  /** Private range: `10.0.0.0/16`. */
  readonly range: pulumi.Input<string>;
  /** Hetzner network zone of the machines' location: `eu-central`. */
  readonly zone: pulumi.Input<string>;
  /**
   * Subnets inside the range, by names that stay: `{ edge: "10.0.1.0/24" }`. They may be added; changing one replaces
   * it, which Hetzner refuses while in use.
   */
  readonly subnets: Readonly<Record<string, string>>;
  /**
   * Private address of the machine that is the NAT gateway of machines without a public address.
   * @default - none: no default route
   */
  readonly natGateway?: pulumi.Input<string>;
  /** Added to the network. @default - none */
  readonly labels?: pulumi.Input<Readonly<Record<string, pulumi.Input<string>>>>;
  /** Refuses deletion through Pulumi and through the API. @default false */
  readonly protect?: boolean;
}

/** Names of subnets before release 0.2. */
const formerSubnets: Readonly<Record<string, string>> = { database: "data" };

/**
 * A private network with its subnets, and the default route through the load balancers where there are any.
 *
 * Cost: none.
 *
 * @example
 * ```ts
 * import { Network } from "hetzner-platform";
 *
 * const network = new Network("private", {
 *   range: "10.20.0.0/16",
 *   zone: "eu-central",
 *   subnets: { edge: "10.20.1.0/24", web: "10.20.2.0/24" },
 *   natGateway: "10.20.1.11",
 * });
 *
 * export const networkId = network.networkId;
 * ```
 */
export class Network extends pulumi.ComponentResource {
  /** Resolves when subnets and route exist: a machine that joins earlier may get no address. */
  public readonly networkId: pulumi.Output<number>;

  constructor(name: string, args: NetworkArgs, opts?: pulumi.ComponentResourceOptions) {
    super("hetzner-platform:index:Network", name, {}, opts);
    const protect = args.protect ?? false;
    const network = new hcloud.Network(
      `${name}-network`,
      {
        name: args.name ?? name,
        ipRange: args.range,
        labels: args.labels,
        deleteProtection: protect,
      },
      { parent: this, protect },
    );
    const subnets = Object.entries(args.subnets).map(
      ([subnet, ipRange]) =>
        new hcloud.NetworkSubnet(
          `${name}-subnet-${subnet}`,
          { networkId: numericId(network), type: "cloud", networkZone: args.zone, ipRange },
          {
            parent: this,
            aliases: subnet in formerSubnets ? [{ name: `${name}-subnet-${formerSubnets[subnet]}` }] : [],
          },
        ),
    );
    const route =
      args.natGateway === undefined ? [] : [defaultRoute(name, network, args.natGateway, subnets, this)];
    this.networkId = pulumi
      .all([network.id, ...[...subnets, ...route].map(({ id }) => id)])
      .apply(([id]) => Number(id));
    this.registerOutputs({ networkId: this.networkId });
  }
}

function defaultRoute(
  name: string,
  network: hcloud.Network,
  gateway: pulumi.Input<string>,
  subnets: hcloud.NetworkSubnet[],
  parent: Network,
): hcloud.NetworkRoute {
  return new hcloud.NetworkRoute(
    `${name}-default-route`,
    { networkId: numericId(network), destination: "0.0.0.0/0", gateway },
    // The load balancers move the route with the floating IP; Pulumi must not move it back.
    { parent, dependsOn: subnets, ignoreChanges: ["gateway"] },
  );
}
