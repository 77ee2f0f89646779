import { defineRole } from "../../machine/roleDefinition";
import { addressesOf, orderedAs, type Surroundings } from "../../machine/surroundings";
import { bastionOffer } from "../../plan/flows";
import { machinesOffering, type Plan } from "../../plan/plan";
import { offersOf } from "../../plan/role";
import { siteOffer } from "../../setup/site";
import { LoadBalancerPair, type LoadBalancerPairArgs } from ".";
import { requestLimit } from "./edge";
import { edgeRole } from "./role";
import { type EdgeSettings, edgeSecrets, edgeSettings } from "./settings";

/** The pair of load balancers in a platform. */
export const edgeDefinition = defineRole({
  ...edgeSettings,
  secrets: edgeSecrets,
  role: edgeRole,
  create: (section, surroundings, { name, parent }) => {
    const pair = new LoadBalancerPair(
      name,
      pairArgs(section, surroundings),
      { parent },
      surroundings.platform,
    );
    const offers = { [bastionOffer]: { bastion: pair.bastion } };
    return { component: pair, serverIds: pair.serverIds, configured: pair.configured, offers };
  },
});

/** Of a platform, what its load balancers need to know. */
export function pairArgs(
  section: EdgeSettings,
  { wide, platform, common, inputs }: Surroundings,
): LoadBalancerPairArgs {
  const { plan } = platform;
  const { engine, otherHosts, accessLog, redirectToHttps } = section;
  const { apiToken, apiEndpoint, certificate } = inputs;
  const services = servicesOfSite(plan);
  const hosts = Object.values(services).flatMap(({ host }) => host ?? []);
  const maxRequests = requestLimit(services);
  return {
    ...common,
    ...{ apiToken, apiEndpoint, certificate, engine, otherHosts, accessLog, redirectToHttps },
    ...orderedAs(section, wide),
    addresses: addressesOf(plan, "edge"),
    domain: wide.domain,
    otherDomains: [...new Set(hosts)].filter((host) => host !== wide.domain).sort(),
    adminRanges: [...wide.adminRanges],
    backends: machinesOffering(plan, siteOffer).map(({ name, privateIp }) => ({
      name,
      address: privateIp,
      maxRequests,
    })),
  };
}

/** What answers visitors on the machines behind the pair, by name. */
function servicesOfSite({ roles }: Plan) {
  const parts = roles.filter((role) => offersOf(role).includes(siteOffer)).flatMap((role) => role.parts);
  return Object.fromEntries(
    parts.flatMap(({ name, service }) => (service === undefined ? [] : [[name, service] as const])),
  );
}
