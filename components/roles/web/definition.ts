import { defineRole } from "../../machine/roleDefinition";
import {
  addressesOf,
  type Offers,
  orderedAs,
  privateArgs,
  type Surroundings,
} from "../../machine/surroundings";
import { machinesNeeding, machinesOffering, type Plan } from "../../plan/plan";
import { offersOf } from "../../plan/role";
import { Store } from "../../settings/store";
import { applicationOffer, siteOffer } from "../../setup/site";
import { defaultTimeoutSeconds, longerBySeconds } from "../../setup/waits";
import { WebNodes, type WebNodesArgs } from ".";
import type { SiteStoreArgs } from "./inputs";
import { storedSites } from "./releaseStore";
import { webRole } from "./role";
import { usualWebSettings, type WebSettings, webSettings } from "./settings";

/** The web servers in a platform. */
export const webDefinition = defineRole({
  ...webSettings,
  usual: usualWebSettings,
  role: webRole,
  create: (section, surroundings, { name, parent }) => {
    const servers = new WebNodes(name, webArgs(section, surroundings), { parent }, surroundings.platform);
    return { component: servers, serverIds: servers.serverIds, configured: servers.configured };
  },
});

/** Of a platform, what its web servers need to know. */
export function webArgs(section: WebSettings, surroundings: Surroundings): WebNodesArgs {
  const { wide, platform, inputs, offers } = surroundings;
  const { plan } = platform;
  const { registries: _, registryMirror: __, ...common } = privateArgs(surroundings);
  const release = offers[applicationOffer]?.release;
  const { profile, accessLog, maxBodyMb, cache, uncachedServices, sites, protectedPaths } = section;
  return {
    ...common,
    ...orderedAs(section, wide),
    addresses: addressesOf(plan, "web"),
    domain: wide.domain,
    services: routedServices(plan),
    nodes: machinesOffering(plan, applicationOffer).map(({ privateIp }) => `${privateIp}:${portOf(plan)}`),
    loadBalancers: machinesNeeding(plan, siteOffer).map(({ privateIp }) => privateIp),
    ...{ profile, accessLog, maxBodyMb, cache, sites, protectedPaths },
    uncachedServices: [...uncachedServices],
    secrets: inputs.secrets ?? {},
    ...(release !== undefined && { release }),
    ...(storedSites(sites).length > 0 && { objectStore: storeOf(offers) }),
  };
}

/** The platform's own object store. @throws when nobody offers one */
function storeOf(offers: Offers): SiteStoreArgs {
  const environment = offers[Store.ObjectStore]?.environment ?? {};
  const value = (name: string) => {
    const found = environment[name];
    if (found === undefined) throw new Error(`what offers ${Store.ObjectStore} tells no ${name}`);
    return found;
  };
  return {
    endpoint: value("S3_ENDPOINT"),
    region: value("S3_REGION"),
    bucket: value("S3_BUCKET"),
    accessKeyId: value("S3_ACCESS_KEY_ID"),
    secretAccessKey: value("S3_SECRET_ACCESS_KEY"),
  };
}

/** What visitors reach on the machines behind the web servers. */
function routedServices({ roles }: Plan): NonNullable<WebNodesArgs["services"]> {
  const behind = roles.filter((role) => offersOf(role).includes(applicationOffer));
  const services = behind.flatMap(({ parts }) =>
    parts.flatMap(({ name, service }) =>
      service?.pathPrefix === undefined
        ? []
        : [
            [
              name,
              {
                pathPrefix: service.pathPrefix,
                ...(service.host !== undefined && { host: service.host }),
                timeoutSeconds: (service.timeoutSeconds ?? defaultTimeoutSeconds) + longerBySeconds.web,
              },
            ],
          ],
    ),
  );
  return Object.fromEntries(services);
}

/** Where the machines behind the web servers take requests. @throws when none does */
function portOf({ roles }: Plan): number {
  const part = roles
    .flatMap(({ parts }) => parts)
    .find(({ offers = [] }) => offers.includes(applicationOffer));
  const port = part?.listens?.find(({ from }) => from.includes("needers"))?.port;
  if (port === undefined) throw new Error("no machine takes the requests of the web servers");
  return port;
}
