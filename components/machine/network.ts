import * as hcloud from "@pulumi/hcloud";
import * as pulumi from "@pulumi/pulumi";
import type { NetworkSettings } from "../settings/settings";
import { numericId } from "./machine";

export interface NetworkArgs {
  /** Name in the Hetzner project, unique there. @default - the component's name */
  readonly name?: pulumi.Input<string>;
  /** Range, zone and subnets. Subnets may be added; changing one replaces it, which Hetzner refuses while in use. */
  readonly network: NetworkSettings;
  /** Private address of the machine that is the NAT gateway of machines without a public address. */
  readonly natGateway: string;
  /** Added to the network. @default - none */
  readonly labels?: Readonly<Record<string, string>>;
  /** Refuses deletion through Pulumi and through the API. @default false */
  readonly protect?: boolean;
}

/** Names of subnets before release 0.2. */
const formerSubnets: Readonly<Record<string, string>> = { database: "data" };

/**
 * The private network: one subnet for each tier and the default route through the load balancers.
 *
 * Cost: none.
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
        ipRange: args.network.range,
        labels: args.labels,
        deleteProtection: protect,
      },
      { parent: this, protect },
    );
    const subnets = Object.entries(args.network.subnets).map(
      ([tier, ipRange]) =>
        new hcloud.NetworkSubnet(
          `${name}-subnet-${tier}`,
          { networkId: numericId(network), type: "cloud", networkZone: args.network.zone, ipRange },
          {
            parent: this,
            aliases: tier in formerSubnets ? [{ name: `${name}-subnet-${formerSubnets[tier]}` }] : [],
          },
        ),
    );
    const route = new hcloud.NetworkRoute(
      `${name}-default-route`,
      { networkId: numericId(network), destination: "0.0.0.0/0", gateway: args.natGateway },
      // The load balancers move the route with the floating IP; Pulumi must not move it back.
      { parent: this, dependsOn: subnets, ignoreChanges: ["gateway"] },
    );
    this.networkId = pulumi.all([network.id, route.id]).apply(([id]) => Number(id));
    this.registerOutputs({ networkId: this.networkId });
  }
}
