import { defineRole } from "../../machine/roleDefinition";
import { addressesOf, orderedAs, type Place, type Surroundings } from "../../machine/surroundings";
import { bastionOffer } from "../../plan/flows";
import { machinesOffering, type Plan, roleOf } from "../../plan/plan";
import { answersOverTls } from "../../plan/tiers";
import { allNames, visitorNames } from "../../settings/visitorNames";
import { siteEntrance, siteOffer } from "../../setup/site";
import { defaultTimeoutSeconds, longerBySeconds } from "../../setup/waits";
import { LoadBalancerPair, type LoadBalancerPairArgs } from ".";
import { createDnsRecords } from "./dns";
import { requestLimit } from "./edge";
import { balancerAddressIn } from "./managed";
import { roleInNetwork } from "./role";
import { EdgeMode, type EdgeSettings, edgeSecrets, edgeSettings } from "./settings";

/** The pair of load balancers in a platform. */
export const edgeDefinition = defineRole({
  ...edgeSettings,
  secrets: edgeSecrets,
  role: roleInNetwork,
  create: (section, surroundings, { name, parent }) => {
    const pair = new LoadBalancerPair(
      name,
      pairArgs(section, surroundings),
      { parent },
      surroundings.platform,
    );
    createRecords(section, surroundings, { name, parent: pair }, pair);
    const offers = { [bastionOffer]: { bastion: pair.bastion } };
    return { component: pair, serverIds: pair.serverIds, configured: pair.configured, offers };
  },
});

/** Of the platform's names, where its stack has a zone for them. */
function createRecords(
  { acme }: EdgeSettings,
  { wide, platform, common, inputs }: Surroundings,
  { name, parent }: Place,
  { virtualIps, virtualIpv6s }: Pick<LoadBalancerPair, "virtualIps" | "virtualIpv6s">,
): void {
  if (wide.dns === undefined) return;
  const { apiToken, apiEndpoint, certificate } = inputs;
  createDnsRecords(
    `${name}-dns`,
    {
      dns: wide.dns,
      names: allNames(platform.plan.names ?? visitorNames(wide)),
      addresses: virtualIps,
      ipv6Addresses: virtualIpv6s,
      acme: acme.enabled && certificate === undefined ? acme : undefined,
      labels: common.labels ?? {},
      api: { endpoint: apiEndpoint, token: apiToken },
    },
    parent,
  );
}

/** Of a platform, what its load balancers need to know. */
export function pairArgs(
  section: EdgeSettings,
  { wide, platform, common, inputs }: Surroundings,
): LoadBalancerPairArgs {
  const { plan } = platform;
  const { apiToken, apiEndpoint, certificate } = inputs;
  const services = servicesOf(plan);
  const { served, aliases } = plan.names ?? visitorNames(wide);
  const [domain, ...otherDomains] = served;
  const backends = machinesOffering(plan, siteOffer);
  const tls = backends.some(({ role }) => answersOverTls(plan, role))
    ? { port: siteEntrance(true).port }
    : {};
  // All that stand behind others together take what those send on, and no more waits there.
  const maxRequests = Math.ceil(
    (requestLimit(services) * servingMachines(plan)) / Math.max(1, backends.length),
  );
  return {
    ...common,
    ...visitorArgs(section),
    ...{ apiToken, apiEndpoint, certificate },
    originSecret: inputs.roleSecrets?.originSecret,
    dnsToken: inputs.roleSecrets?.dnsToken,
    timeoutSeconds: longestTimeout(services) + longerBySeconds.edge,
    sticky: Object.values(services).some(({ sticky }) => sticky === true),
    ...orderedAs(section, wide),
    addresses: addressesOf(plan, "edge"),
    ...balancingOf(plan),
    ...{ domain, otherDomains, aliases: [...aliases] },
    adminRanges: [...wide.adminRanges],
    backends: backends.map(({ name, privateIp }) => ({
      name,
      address: privateIp,
      maxRequests,
      ...tls,
    })),
  };
}

/** What the section itself says of visitors. */
function visitorArgs(section: EdgeSettings) {
  const {
    engine,
    ipv6,
    otherHosts,
    accessLog,
    redirectToHttps,
    acme,
    limits,
    cdn,
    floatingIps,
    balance,
    retries,
  } = section;
  return {
    ...{ engine, ipv6, otherHosts, accessLog, redirectToHttps, balance, retries },
    ...(cdn === undefined ? {} : { cdn: { ...cdn, ranges: [...cdn.ranges] } }),
    limits: { ...limits, unlimitedPaths: [...limits.unlimitedPaths] },
    ...(floatingIps && { floatingIps: [...floatingIps] }),
    ...(acme.enabled ? { acme: acmeOf(acme) } : {}),
  };
}

function acmeOf({ wildcards, ...acme }: EdgeSettings["acme"]) {
  return { ...acme, ...(wildcards && { wildcards: [...wildcards] }) };
}

/** A preset may have chosen it, so the plan knows. */
function balancingOf(plan: Plan): Pick<LoadBalancerPairArgs, "mode" | "balancerAddress" | "balancerType"> {
  const orders = roleOf(plan, "edge").orders ?? [];
  const balancer = orders.find((order) => order.kind === "loadBalancer");
  const subnet = plan.network.subnets.edge;
  if (balancer !== undefined && subnet !== undefined) {
    const balancerAddress = balancerAddressIn(subnet);
    return { mode: EdgeMode.Managed, balancerType: balancer.type, balancerAddress };
  }
  const addresses = orders.filter(({ kind }) => kind === "floatingIpv4");
  return { mode: addresses.length === 2 ? EdgeMode.ActiveActive : EdgeMode.ActivePassive };
}

/** What answers visitors on the machines behind the pair, by name. */
function servicesOf({ roles }: Plan) {
  return Object.fromEntries(
    roles
      .flatMap(({ parts }) => parts)
      .flatMap(({ name, service }) => (service === undefined ? [] : [[name, service] as const])),
  );
}

/** Whatever service a visitor asks for, its answer is waited for. */
function longestTimeout(services: ReturnType<typeof servicesOf>): number {
  const reachable = Object.values(services).filter(({ port }) => port !== undefined);
  return Math.max(
    ...(reachable.length === 0 ? [{}] : reachable).map(
      ({ timeoutSeconds = defaultTimeoutSeconds }: { readonly timeoutSeconds?: number | undefined }) =>
        timeoutSeconds,
    ),
  );
}

/** Machines that have services; where there are none, those that answer for the site. */
function servingMachines(plan: Plan): number {
  const serving = plan.roles.filter(({ parts }) => parts.some(({ service }) => service !== undefined));
  const count = serving.reduce((sum, role) => sum + role.count, 0);
  return count === 0 ? machinesOffering(plan, siteOffer).length : count;
}
