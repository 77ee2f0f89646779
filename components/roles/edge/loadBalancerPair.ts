import * as hcloud from "@pulumi/hcloud";
import * as pulumi from "@pulumi/pulumi";
import { cloudFirewallRules } from "../../machine/cloudFirewall";
import type { Bastion } from "../../machine/context";
import { refuseInputs } from "../../machine/inputErrors";
import type { Machine } from "../../machine/machine";
import { machineContext, type PlatformContext, planOf, requireSize } from "../../machine/machinesArgs";
import { createMachines, groupOutputs } from "../../machine/roleMachines";
import { numericId } from "../../machine/server";
import { machinesOf } from "../../plan/plan";
import { noticedWithinSeconds } from "../../setup/site";
import { type LoadBalancerPairArgs, pairProblems } from "./inputs";
import { completeLimits } from "./limitSettings";
import { createManagedBalancer } from "./managedBalancer";
import { balancerOf } from "./managedInputs";
import { userDataForNat } from "./nat";
import { machineSetup, type Pair } from "./pairSetup";
import { edgeRole } from "./role";
import { EdgeEngine } from "./settings";
import { type VisitorAddresses, visitorAddresses } from "./visitorAddresses";

/**
 * Two public machines that share a floating IP: HAProxy or nginx in front of the app nodes, NAT and SSH
 * bastion for all machines without a public address.
 *
 * keepalived decides over the private network who is master, and an agent on each machine makes the Hetzner
 * API agree. The agent is level-triggered, because events alone go wrong: after a short split the winner's
 * state does not change, so nothing would tell the API. It asks the peer before it takes the address, so that
 * two masters that cannot hear each other do not fight. The network's default route follows the address.
 *
 * The first machine is ready to be bastion and NAT gateway after its first boot: `bastion` and `natGateway`
 * do not wait for its setup.
 *
 * Nodes are asked for their health with the domain as `Host`, and any 2xx is healthy. While no node is, requests
 * are sent to all of them: the site may only be slow.
 *
 * With `mode: "activeActive"` there are two floating IPs, each with a machine that has it while both are well and
 * takes it back half a minute after its return; either machine can hold both.
 *
 * With `ipv6` each floating IP has a floating network of IPv6 beside it, which moves with it: no election of its own.
 *
 * With `mode: "managed"` visitors use the address of Hetzner's load balancer, which sends them to both machines. All
 * that the pair does stays its work, and the floating IP is the way in past that load balancer.
 *
 * Cost: two server types, two IPv4 addresses and one floating IPv4, or two, or one and a load balancer; with `ipv6` as
 * many floating IPv6.
 *
 * @throws InputPropertiesError with everything that no pair could serve, before any resource
 *
 * @example
 * ```ts
 * import * as pulumi from "@pulumi/pulumi";
 * import { LoadBalancerPair } from "hetzner-platform";
 *
 * const pair = new LoadBalancerPair("shop", {
 *   location: "nbg1",
 *   network: { id: 4711, range: "10.20.0.0/16" },
 *   addresses: ["10.20.1.11", "10.20.1.12"],
 *   serverType: "cx23",
 *   sshKey: "deploy",
 *   privateKey: new pulumi.Config().requireSecret("deployKey"),
 *   adminRanges: ["203.0.113.7/32"],
 *   domain: "www.example.com",
 *   backends: [
 *     { name: "web1", address: "10.20.1.21", port: 8080, healthPath: "/up" },
 *     { name: "web2", address: "10.20.1.22", port: 8080, healthPath: "/up" },
 *   ],
 *   apiToken: new pulumi.Config("hcloud").requireSecret("token"),
 * });
 *
 * export const virtualIp = pair.virtualIp;
 * ```
 */
export class LoadBalancerPair extends pulumi.ComponentResource {
  /** The address that visitors use: the floating IP, the first of two, or that of Hetzner's load balancer. */
  public readonly virtualIp: pulumi.Output<string>;
  /** All of them: what DNS names. */
  public readonly virtualIps: pulumi.Output<string[]>;
  /** With `ipv6` the addresses of IPv6 that visitors use, in the same order: what DNS names in AAAA records. */
  public readonly virtualIpv6s?: pulumi.Output<string[]>;
  public readonly floatingIpId: pulumi.Output<number>;
  /** The first machine, as soon as SSH and NAT work there. */
  public readonly bastion: Bastion;
  /** Private address of the first machine: where the network's default route begins its life. */
  public readonly natGateway: string;
  public readonly serverIds: pulumi.Output<number[]>;
  /** Public addresses of the two machines, for administrators. */
  public readonly publicIpv4s: pulumi.Output<string[]>;
  /** Host names; resolves when both setups have succeeded. */
  public readonly configured: pulumi.Output<string[]>;

  /** @param platform what it is part of; it stands alone without */
  constructor(
    name: string,
    args: LoadBalancerPairArgs,
    opts?: pulumi.ComponentResourceOptions,
    platform?: PlatformContext,
  ) {
    super("hetzner-platform:index:LoadBalancerPair", name, {}, opts);
    refuseInputs(`LoadBalancerPair ${name}`, pairProblems(args));
    const pair = planPair(name, args, platform);
    const visitors = visitorAddresses(name, args, pair, this);
    const machines = createPair(name, args, pair, visitors, this);
    const [first] = machines;
    const [floatingIp] = visitors.ipv4;
    if (first === undefined || floatingIp === undefined)
      throw new pulumi.ResourceError("a pair has a first machine", this);

    const addresses = visitedAddresses(name, args, pair, visitors, machines, this);
    this.virtualIp = addresses[0] ?? floatingIp.ipAddress;
    this.virtualIps = pulumi.all(addresses);
    if (visitors.ipv6.length > 0)
      this.virtualIpv6s = pulumi.all(visitors.ipv6.map(({ ipAddress }) => ipAddress));
    this.floatingIpId = floatingIp.id;
    this.bastion = { host: first.publicIpv4, hostKey: first.hostKey };
    this.natGateway = pair.machines[0].privateIp;
    const { serverIds, configured } = groupOutputs(pair.machines, machines);
    this.serverIds = serverIds;
    this.publicIpv4s = pulumi.all(machines.map((machine) => machine.publicIpv4));
    this.configured = configured;
    this.registerOutputs({
      virtualIp: this.virtualIp,
      virtualIps: this.virtualIps,
      ...(this.virtualIpv6s && { virtualIpv6s: this.virtualIpv6s }),
      floatingIpId: this.floatingIpId,
      serverIds: this.serverIds,
      publicIpv4s: this.publicIpv4s,
      configured: this.configured,
    });
  }
}

/** IPv4 addresses that names lead to: the floating ones, or that of Hetzner's load balancer in front. */
function visitedAddresses(
  name: string,
  args: LoadBalancerPairArgs,
  pair: Pair,
  { ipv4 }: ReturnType<typeof visitorAddresses>,
  machines: readonly Machine[],
  parent: LoadBalancerPair,
): pulumi.Output<string>[] {
  const balancer = balancerOf(args);
  if (balancer === undefined) return ipv4.map(({ ipAddress }) => ipAddress);
  return [createManagedBalancer(name, args, pair, balancer, machines, parent)];
}

function planPair(name: string, args: LoadBalancerPairArgs, platform: PlatformContext | undefined): Pair {
  const { engine = EdgeEngine.HAProxy, addresses, environment = name } = args;
  const size = requireSize(args);
  const acme = { enabled: args.acme !== undefined && args.certificate === undefined };
  const limits = completeLimits(args.limits);
  const { mode, balancerAddress, balancerType, ipv6, cdn } = args;
  const role = edgeRole({
    ...size,
    ...{ engine, mode, balancerAddress, balancerType, ipv6, acme, limits, cdn },
  });
  const plan = planOf(name, args, platform, { role, addresses });
  const [first, second] = machinesOf(plan, "edge");
  if (first === undefined || second === undefined) throw new Error("a pair has two machines");
  const context = machineContext(name, args, platform);
  const { tierSeed } = platform ?? {};
  return { plan, machines: [first, second], context, tierSeed, resourceName: `${environment}-edge` };
}

function createFirewall(
  name: string,
  { adminRanges }: LoadBalancerPairArgs,
  { plan, context, resourceName }: Pair,
  parent: LoadBalancerPair,
): hcloud.Firewall {
  return new hcloud.Firewall(
    `${name}-firewall`,
    {
      name: resourceName,
      rules: pulumi.output(adminRanges).apply((ranges) => cloudFirewallRules(plan, "edge", ranges)),
      labels: context.labels,
    },
    { parent, deleteBeforeReplace: true },
  );
}

/** Both machines on one physical host would fail together. */
function createPair(
  name: string,
  args: LoadBalancerPairArgs,
  pair: Pair,
  visitors: VisitorAddresses,
  parent: LoadBalancerPair,
): Machine[] {
  return createMachines(
    name,
    {
      machines: pair.machines,
      serverType: args.serverType,
      context: pair.context,
      setup: (machine) => machineSetup(args, pair, machine, visitors),
      firewallIds: [numericId(createFirewall(name, args, pair, parent))],
      spread: pair.resourceName,
      settleSeconds: noticedWithinSeconds,
      // `destroy` deletes the machines before the address: their agents would take it again in the moment between
      // unassigning and deleting it, and Hetzner deletes no assigned address.
      after: pulumi.all([...visitors.ipv4, ...visitors.ipv6].map(({ id }) => id)),
      userData: userDataForNat(args.network.range),
      // Before release 0.2.
      formerNames: (machine) => [`${name}-${machine.name.replace("edge", "lb")}`],
    },
    parent,
  );
}
