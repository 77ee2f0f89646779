import { createHash } from "node:crypto";
import * as pulumi from "@pulumi/pulumi";
import { defineRole, type WideWith } from "../../machine/roleDefinition";
import {
  addressesOf,
  environmentsOf,
  imagesByName,
  orderedAs,
  privateArgs,
  type Surroundings,
} from "../../machine/surroundings";
import { machinesBefore, type Plan, roleOf } from "../../plan/plan";
import { offersOf } from "../../plan/role";
import { Store } from "../../settings/store";
import { AppNodes, type AppNodesArgs } from ".";
import { appRole } from "./role";
import { type AppSettings, appImages, appSettings } from "./settings";

/** The app nodes in a platform. */
export const appDefinition = defineRole({
  ...appSettings,
  images: appImages,
  role: (section, { images }) => appRole(section, images.traefik),
  create: (section, surroundings, { name, parent }) => {
    const nodes = new AppNodes(name, appArgs(section, surroundings), { parent }, surroundings.platform);
    const release = releaseOf(section, surroundings, nodes.configured);
    const offers = offersOf(roleOf(surroundings.platform.plan, "app")).map((offer) => [offer, { release }]);
    return {
      component: nodes,
      serverIds: nodes.serverIds,
      configured: nodes.configured,
      offers: Object.fromEntries(offers),
    };
  },
});

/** What the services run, and what they are told that is no secret, as one name. */
function releaseOf(
  { services }: AppSettings,
  { resolveImage }: Surroundings<WideWith<typeof appImages>>,
  configured: pulumi.Output<string[]>,
): pulumi.Output<string> {
  const told = Object.entries(services).map(([name, { environment }]) => ({ name, environment }));
  return pulumi.all([imagesByName(services, resolveImage), configured]).apply(([images]) =>
    createHash("sha256")
      .update(JSON.stringify([images, told]))
      .digest("hex")
      .slice(0, 16),
  );
}

/**
 * Who may say who a visitor is: machines by their addresses, and those of a role that grows by its subnet, so that
 * one more of them changes no node, which would start its Traefik anew.
 */
function sendersOf(plan: Plan): string[] {
  const senders = machinesBefore(plan, "app").map(({ role, privateIp }) => {
    const subnet = plan.network.subnets[role];
    return roleOf(plan, role).grows === true && subnet !== undefined ? subnet : privateIp;
  });
  return [...new Set(senders)];
}

/** Of a platform, what its app nodes need to know. */
export function appArgs(
  section: AppSettings,
  surroundings: Surroundings<WideWith<typeof appImages>>,
): AppNodesArgs {
  const { wide, platform, inputs, offers, resolveImage } = surroundings;
  return {
    ...privateArgs(surroundings),
    ...orderedAs(section, wide),
    addresses: addressesOf(platform.plan, "app"),
    domain: wide.domain,
    services: section.services,
    ...(section.accessLog !== undefined && { accessLog: section.accessLog }),
    images: imagesByName(section.services, resolveImage),
    traefikImage: resolveImage(wide.images.traefik),
    loadBalancers: sendersOf(platform.plan),
    stores: environmentsOf(offers, Object.values(Store)),
    secrets: inputs.secrets ?? {},
  };
}
