import { defineRole, type WideWith } from "../../machine/roleDefinition";
import {
  addressesOf,
  environmentsOf,
  imagesByName,
  orderedAs,
  privateArgs,
  type Surroundings,
} from "../../machine/surroundings";
import { machinesBefore } from "../../plan/plan";
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
    return { component: nodes, serverIds: nodes.serverIds, configured: nodes.configured };
  },
});

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
    loadBalancers: machinesBefore(platform.plan, "app").map(({ privateIp }) => privateIp),
    stores: environmentsOf(offers, Object.values(Store)),
    secrets: inputs.secrets ?? {},
  };
}
