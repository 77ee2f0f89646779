import type * as pulumi from "@pulumi/pulumi";
import type { ResolveImage } from "./machine/images";
import type { MachinesArgs, PrivateMachinesArgs } from "./machine/machinesArgs";
import { machinesOf, machinesOffering, onlyMachineOf, type Plan } from "./plan/plan";
import type { DatabaseNodeArgs } from "./roles/database";
import { databaseClients } from "./roles/database/setup";
import type { LoadBalancerPairArgs } from "./roles/edge";
import { requestLimit } from "./roles/edge/edge";
import { siteOffer } from "./setup/site";
import { type MachineSize, resolveServerType } from "./sizing/resolve";
import type { PlatformSettings } from "./stack/settings";

/** What all machines of a platform have in common. */
export type CommonArgs = Omit<MachinesArgs, "serverType" | "memoryGb" | "vcpus">;

/** The same of those without public addresses. */
export type PrivateCommonArgs = CommonArgs & Pick<PrivateMachinesArgs, "bastion" | "registries">;

/** What the machines of one role are ordered as. */
export function orderedAs(size: MachineSize, settings: PlatformSettings) {
  const { vcpus, memoryGb } = size;
  return { serverType: resolveServerType(size, settings.location).name, vcpus, memoryGb };
}

export function addressesOf(plan: Plan, role: string): string[] {
  return machinesOf(plan, role).map(({ privateIp }) => privateIp);
}

/** Of a platform's settings, what its load balancers need to know. */
export function pairArgs(
  settings: PlatformSettings,
  plan: Plan,
  common: CommonArgs,
  secrets: Pick<LoadBalancerPairArgs, "apiToken" | "apiEndpoint" | "certificate">,
): LoadBalancerPairArgs {
  const { edge, domain, adminRanges, app } = settings;
  const hosts = Object.values(app.services).flatMap(({ host }) => host ?? []);
  const maxRequests = requestLimit(app.services);
  return {
    ...common,
    ...secrets,
    ...orderedAs(edge, settings),
    addresses: addressesOf(plan, "edge"),
    engine: edge.engine,
    domain,
    otherDomains: [...new Set(hosts)].filter((host) => host !== domain).sort(),
    ...(edge.otherHosts !== undefined && { otherHosts: edge.otherHosts }),
    ...(edge.redirectToHttps !== undefined && { redirectToHttps: edge.redirectToHttps }),
    adminRanges: [...adminRanges],
    backends: machinesOffering(plan, siteOffer).map(({ name, privateIp }) => ({
      name,
      address: privateIp,
      maxRequests,
    })),
  };
}

/** Of a platform's settings, what its database node needs to know. */
export function databaseArgs(
  settings: PlatformSettings,
  plan: Plan,
  common: PrivateCommonArgs,
  elasticsearchImage: pulumi.Input<string>,
): DatabaseNodeArgs {
  const { database, acceptChange, images } = settings;
  const clients = databaseClients(plan);
  return {
    ...common,
    ...orderedAs(database, settings),
    address: onlyMachineOf(plan, "database").privateIp,
    databaseName: database.databaseName,
    cacheEngine: database.cacheEngine,
    elasticsearchImage,
    ...(images.registryMirror !== undefined && { registryMirror: images.registryMirror }),
    clients: [...clients.application],
    backupClients: [...clients.backup],
    ...(acceptChange !== undefined && { acceptChange: [...acceptChange] }),
  };
}

/** Images of the services by digest. */
export function serviceImages({ app }: PlatformSettings, resolve: ResolveImage) {
  const images = Object.entries(app.services).map(([name, { image }]) => [name, resolve(image)] as const);
  return Object.fromEntries(images);
}
