// Pure: the wanted network as values. apply.ts makes it so.
import type { World } from "../host/contract";
import type { LocalCloudSettings } from "../settings/cloud";
import { identityOf, namesOf } from "../settings/names";
import { planHostSide } from "./hostSide";
import type { NetworkPlan, PlanInput } from "./planTypes";
import { planPrivateRouter } from "./privateRouter";
import { planPublicRouter } from "./publicRouter";

/** What must exist on the host for this world. */
export function planNetwork(input: PlanInput): NetworkPlan {
  const names = namesOf(input.settings);
  const servers = input.world.servers.filter((server) => input.active.has(server.id));
  const known = { ...input, world: { ...input.world, servers } };
  return {
    host: planHostSide(input),
    routers: [
      planPublicRouter(known),
      ...input.world.networks.map((network) => planPrivateRouter(known, network)),
    ],
    leaves: [
      names.internet,
      ...servers.map((server) => names.machine(server.id)),
      ...input.world.storageBoxes.map(({ id }) => names.storageBox(id)),
      ...input.world.loadBalancers.map((balancer) => names.loadBalancer(balancer.id)),
    ],
  };
}

/** `identity -> server id`, for the metadata service. */
export function identities(settings: LocalCloudSettings, world: World): ReadonlyMap<string, number> {
  return new Map(world.servers.map(({ id }) => [identityOf(settings, id), id]));
}
