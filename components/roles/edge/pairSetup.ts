import { createHmac } from "node:crypto";
import * as pulumi from "@pulumi/pulumi";
import { machineBase } from "../../machine/base";
import type { MachineContext } from "../../machine/context";
import { refuseInputs } from "../../machine/inputErrors";
import { machineTiers } from "../../machine/tiers";
import type { MachinePlan, Plan } from "../../plan/plan";
import { certifiedServers } from "../../plan/tiers";
import { mergeSetups } from "../../setup/merge";
import type { Acme } from "./acmeInputs";
import { AcmeChallenge, defaultDirectory } from "./acmeSettings";
import { pairAddresses } from "./addresses";
import { backendProblems } from "./backendProblems";
import type { VisitorAddress } from "./broughtAddresses";
import type { AcmeOptions, Backend } from "./edge";
import { completeCdn, type LoadBalancerPairArgs } from "./inputs";
import { leavingEdge } from "./leaving";
import { completeLimits } from "./limitSettings";
import { balancerOf } from "./managedInputs";
import { EdgeEngine, EdgeMode, OtherHosts } from "./settings";
import { loadBalancerSetup } from "./setup";
import { tierTakes } from "./tierTakes";
import type { VisitorAddresses } from "./visitorAddresses";

/** What is settled before any resource is made. */
export interface Pair {
  readonly plan: Plan;
  readonly machines: readonly [MachinePlan, MachinePlan];
  readonly context: MachineContext;
  /** See `PlatformContext`. */
  readonly tierSeed: pulumi.Output<string> | undefined;
  /** Of the floating IP, the firewall and the placement group. */
  readonly resourceName: string;
}

/** What one machine of the pair becomes. Secret: it holds the API token. */
export function machineSetup(
  args: LoadBalancerPairArgs,
  { plan, machines: [first, second], tierSeed }: Pair,
  machine: MachinePlan,
  visitors: VisitorAddresses,
) {
  const peer = machine.name === first.name ? second : first;
  const proxy = tierTakes[args.engine ?? EdgeEngine.HAProxy];
  return pulumi
    .all([siteOf(args), agentOf(args, visitors), addressesOf(visitors), tierSeed])
    .apply(([site, agent, addresses, seed]) => {
      const { adminRanges, logArchive, backends: asked, acme, dnsToken, ...rest } = site;
      refuseInputs(`LoadBalancerPair ${plan.environment}`, backendProblems(asked));
      const backends = certifiedBackends(asked, plan, machine);
      const setup = loadBalancerSetup({
        ...rest,
        ...addresses,
        backends,
        acme: acme && acmeOf(acme, dnsToken, agent),
        machine,
        peer,
        mode: args.mode ?? EdgeMode.ActivePassive,
        balancer: balancerOf(args),
        privateRange: args.network.range,
        agent,
      });
      return mergeSetups(
        machineBase(machine, plan, {
          adminRanges,
          logArchive,
          leaving: leavingEdge(peer, pairAddresses(args.mode), args.ipv6, balancerOf(args) !== undefined),
        }),
        machineTiers(machine, plan, seed, [proxy]),
        setup,
      );
    });
}

const usualAcme = { directory: defaultDirectory, email: undefined, root: undefined };

/** With the names in their certificates, where the flows say that they show one. */
function certifiedBackends(
  backends: readonly Backend[],
  plan: Plan,
  machine: MachinePlan,
): readonly Backend[] {
  const servers = certifiedServers(plan, machine);
  return backends.map((backend) => ({ ...backend, certified: servers.get(backend.address) }));
}

/** What visitors ask. */
function addressesOf({ ipv4, ipv6 }: VisitorAddresses) {
  const all = (visitors: readonly VisitorAddress[]) => pulumi.all(visitors.map(({ ipAddress }) => ipAddress));
  return pulumi.output({ floatingIps: all(ipv4), floatingIpv6s: all(ipv6) });
}

/** Where it asks for its certificate, and how. */
function acmeOf(
  acme: Acme,
  token: string | undefined,
  agent: { readonly apiEndpoint: string; readonly certificateKey: string },
): AcmeOptions {
  const dns =
    acme.challenge === AcmeChallenge.Dns && token !== undefined
      ? { apiEndpoint: agent.apiEndpoint, token }
      : undefined;
  return { ...usualAcme, ...acme, ...(dns && { dns }), key: agent.certificateKey };
}

/** What the pair serves, and for whom. */
function siteOf(args: LoadBalancerPairArgs) {
  return pulumi.output({
    engine: args.engine ?? EdgeEngine.HAProxy,
    backends: args.backends,
    certificate: args.certificate,
    acme: args.certificate === undefined ? args.acme : undefined,
    dnsToken: args.dnsToken && pulumi.secret(args.dnsToken),
    redirectToHttps: args.redirectToHttps ?? true,
    domain: args.domain,
    otherDomains: args.otherDomains ?? [],
    aliases: args.aliases ?? [],
    otherHosts: args.otherHosts ?? usualOtherHosts(args),
    ipv6: args.ipv6 ?? false,
    accessLog: args.accessLog,
    balance: args.balance,
    retries: args.retries,
    timeoutSeconds: args.timeoutSeconds,
    sticky: args.sticky,
    limits: completeLimits(args.limits),
    cdn: completeCdn(args),
    adminRanges: args.adminRanges,
    logArchive: args.logArchive,
  });
}

/** Without a certificate the platform's URL is its address. */
function usualOtherHosts({ certificate, acme }: LoadBalancerPairArgs): OtherHosts {
  return certificate === undefined && acme === undefined ? OtherHosts.Serve : OtherHosts.Refuse;
}

/** How its agents speak with Hetzner's API. */
function agentOf(args: LoadBalancerPairArgs, { ipv4, ipv6 }: VisitorAddresses) {
  const { apiEndpoint = "https://api.hetzner.cloud/v1", network, manageDefaultRoute = true } = args;
  const ids = pulumi.all([ipv4, ipv6].map((all) => pulumi.all(all.map(({ id }) => id))));
  return pulumi
    .all([pulumi.secret(args.apiToken), apiEndpoint, ids, network.id])
    .apply(([apiToken, endpoint, [floatingIpIds = [], floatingIpv6Ids = []], networkId]) => ({
      apiEndpoint: endpoint,
      apiToken,
      floatingIpIds,
      floatingIpv6Ids,
      networkId: manageDefaultRoute ? networkId : undefined,
      statePass: derivedKey(apiToken, "state of the edge"),
      pairKey: derivedKey(apiToken, "signed answers of the edge"),
      certificateKey: derivedKey(apiToken, "certificates of the edge"),
    }));
}

/** Both machines hold the token, so they need no second secret to know each other by. */
function derivedKey(apiToken: string, purpose: string): string {
  return createHmac("sha256", apiToken).update(`hetzner-platform: ${purpose}`).digest("hex");
}
