import { createHmac } from "node:crypto";
import * as hcloud from "@pulumi/hcloud";
import * as pulumi from "@pulumi/pulumi";
import { machineBase } from "../../machine/base";
import { cloudFirewallRules } from "../../machine/cloudFirewall";
import { type Bastion, type Machine, numericId } from "../../machine/machine";
import { createMachines, groupOutputs } from "../../machine/machineGroup";
import type { RoleArgs } from "../../machine/roleArgs";
import { type MachinePlan, machinesOf, machinesOffering, type Plan } from "../../plan/plan";
import { OtherHosts } from "../../settings/settings";
import { mergeSetups } from "../../setup/merge";
import { siteOffer } from "../../setup/site";
import { type Backend, requestLimit } from "./edge";
import { pairProblems } from "./inputs";
import { leavingEdge } from "./leaving";
import { userDataForNat } from "./nat";
import { loadBalancerSetup } from "./setup";

/** Of the settings, the pair takes engine, domain, location, range, admin ranges, and services for `backends`. */
export interface LoadBalancerPairArgs extends RoleArgs {
  /** Token with which the pair moves its floating IP: read and write. Secret. */
  readonly apiToken: pulumi.Input<string>;
  /** Base of the Hetzner Cloud API. @default "https://api.hetzner.cloud/v1" */
  readonly apiEndpoint?: pulumi.Input<string>;
  /** Certificate chain and key in one PEM text. Secret. @default - HTTP only, nothing listens on port 443 */
  readonly certificate?: pulumi.Input<string>;
  /** Visitors of HTTP are sent to HTTPS; without a certificate it says nothing. @default true */
  readonly redirectToHttps?: boolean;
  /**
   * Machines that requests are sent to. @default - the machines of the plan that offer the site: each has a Traefik on port 80
   * that answers under `/.platform/`
   */
  readonly backends?: readonly Backend[];
  /**
   * The pair's network routes 0.0.0.0/0 to the machine that has the address, and **no other gateway**: false for a
   * network with a NAT or VPN gateway of its own. @default true
   */
  readonly manageDefaultRoute?: boolean;
  /** Private address of the machine that takes the journals; false: none does. @default - the machine of the plan that offers `logs` */
  readonly logArchive?: string | false;
}

/**
 * Two public machines that share one floating IP: HAProxy or nginx in front of the app nodes, NAT and SSH
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
 * Cost: two server types, two IPv4 addresses and one floating IPv4.
 *
 * @throws with everything that no pair could serve, before any resource
 */
export class LoadBalancerPair extends pulumi.ComponentResource {
  /** The floating IP that visitors use. */
  public readonly virtualIp: pulumi.Output<string>;
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

  constructor(name: string, args: LoadBalancerPairArgs, opts?: pulumi.ComponentResourceOptions) {
    super("hetzner-platform:index:LoadBalancerPair", name, {}, opts);
    const pair = pairOf(args.plan);
    const problems = pairProblems(args, backendsOf(args));
    if (problems.length > 0) throw new pulumi.ResourceError(problems.join("; "), this);
    const floatingIp = createFloatingIp(name, args, this);
    const machines = createPair(name, args, pair, floatingIp, this);
    const [first] = machines;
    if (first === undefined) throw new pulumi.ResourceError("a pair has a first machine", this);

    this.virtualIp = floatingIp.ipAddress;
    this.floatingIpId = numericId(floatingIp);
    this.bastion = { host: first.publicIpv4, hostKey: first.hostKey };
    this.natGateway = pair[0].privateIp;
    const { serverIds, configured } = groupOutputs(pair, machines);
    this.serverIds = serverIds;
    this.publicIpv4s = pulumi.all(machines.map((machine) => machine.publicIpv4));
    this.configured = configured;
    this.registerOutputs({
      virtualIp: this.virtualIp,
      floatingIpId: this.floatingIpId,
      serverIds: this.serverIds,
      publicIpv4s: this.publicIpv4s,
      configured: this.configured,
    });
  }
}

function createFloatingIp(
  name: string,
  args: LoadBalancerPairArgs,
  parent: LoadBalancerPair,
): hcloud.FloatingIp {
  const { protect, environment } = args.settings;
  return new hcloud.FloatingIp(
    `${name}-address`,
    {
      name: `${environment}-edge`,
      description: "where visitors arrive",
      type: "ipv4",
      homeLocation: args.context.location,
      labels: args.context.labels,
      deleteProtection: protect,
    },
    // The pair assigns and moves the address; Pulumi must not move it back.
    { parent, protect, ignoreChanges: ["serverId"], deleteBeforeReplace: true },
  );
}

function createFirewall(name: string, args: LoadBalancerPairArgs, parent: LoadBalancerPair): hcloud.Firewall {
  return new hcloud.Firewall(
    `${name}-firewall`,
    {
      name: `${args.settings.environment}-edge`,
      rules: cloudFirewallRules(args.plan, "edge", args.settings.adminRanges),
      labels: args.context.labels,
    },
    { parent, deleteBeforeReplace: true },
  );
}

/** @throws when the role has not two machines */
function pairOf(plan: Plan): readonly [MachinePlan, MachinePlan] {
  const [first, second, third] = machinesOf(plan, "edge");
  if (first === undefined || second === undefined || third !== undefined)
    throw new Error(`a pair has two machines; the plan has ${machinesOf(plan, "edge").length} of role edge`);
  return [first, second];
}

/** Both machines on one physical host would fail together. */
function createPair(
  name: string,
  args: LoadBalancerPairArgs,
  pair: readonly [MachinePlan, MachinePlan],
  floatingIp: hcloud.FloatingIp,
  parent: LoadBalancerPair,
): Machine[] {
  const { settings, serverType, context } = args;
  return createMachines(
    name,
    {
      machines: pair,
      serverType,
      context,
      setup: (machine) => machineSetup(args, machine, floatingIp),
      firewallIds: [numericId(createFirewall(name, args, parent))],
      spread: `${settings.environment}-edge`,
      // `destroy` deletes the machines before the address: their agents would take it again in the moment between
      // unassigning and deleting it, and Hetzner deletes no assigned address.
      after: floatingIp.id,
      userData: userDataForNat(settings.network.range),
    },
    parent,
  );
}

function backendsOf({ backends, plan, settings }: LoadBalancerPairArgs): readonly Backend[] {
  const maxRequests = requestLimit(settings.app.services);
  return (
    backends ??
    machinesOffering(plan, siteOffer).map(({ name, privateIp }) => ({
      name,
      address: privateIp,
      maxRequests,
    }))
  );
}

function machineSetup(args: LoadBalancerPairArgs, machine: MachinePlan, floatingIp: hcloud.FloatingIp) {
  const { settings, plan, logArchive } = args;
  const options = edgeOptions(args, machine);
  return pulumi
    .all([
      pulumi.secret(args.apiToken),
      args.apiEndpoint,
      args.certificate,
      floatingIp.ipAddress,
      numericId(floatingIp),
      args.context.networkId,
    ])
    .apply(([apiToken, apiEndpoint, certificate, address, floatingIpId, networkId]) => {
      const statePass = derivedKey(apiToken, "state of the edge");
      return mergeSetups(
        machineBase(machine, plan, { ...settings, logArchive, leaving: leavingEdge(options.peer) }),
        loadBalancerSetup({
          ...options,
          engine: settings.edge.engine,
          certificate,
          statePass,
          floatingIp: address,
          privateRange: settings.network.range,
          agent: {
            apiEndpoint: apiEndpoint ?? "https://api.hetzner.cloud/v1",
            apiToken,
            floatingIpId,
            networkId: args.manageDefaultRoute === false ? undefined : networkId,
            statePass,
            pairKey: derivedKey(apiToken, "signed answers of the edge"),
          },
        }),
      );
    });
}

/** What is known before anything exists, and is no secret. */
function edgeOptions(args: LoadBalancerPairArgs, machine: MachinePlan) {
  const { settings } = args;
  const [first, second] = pairOf(args.plan);
  const hosts = Object.values(settings.app.services).flatMap(({ host }) => host ?? []);
  return {
    machine,
    peer: machine.name === first.name ? second : first,
    backends: backendsOf(args),
    redirectToHttps: args.redirectToHttps ?? true,
    domain: settings.domain,
    otherDomains: [...new Set(hosts)].filter((host) => host !== settings.domain).sort(),
    otherHosts: settings.edge.otherHosts ?? OtherHosts.Serve,
  };
}

/** Both machines hold the token, so they need no second secret to know each other by. */
function derivedKey(apiToken: string, purpose: string): string {
  return createHmac("sha256", apiToken).update(`hetzner-platform: ${purpose}`).digest("hex");
}
