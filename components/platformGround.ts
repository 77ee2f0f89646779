import * as hcloud from "@pulumi/hcloud";
import * as pulumi from "@pulumi/pulumi";
import * as random from "@pulumi/random";
import { registryLogins } from "./credentials";
import { refuseMissingImage } from "./machine/bakedImage";
import { defaultImage } from "./machine/context";
import { deployKey } from "./machine/deployKey";
import { imageResolver } from "./machine/images";
import { platformLabels } from "./machine/labels";
import type { PlatformContext } from "./machine/machinesArgs";
import { Network } from "./machine/network";
import { refuseSoldOut } from "./machine/stock";
import type { CommonArgs, PlatformGround } from "./machine/surroundings";
import { bastionOffer } from "./plan/flows";
import { machinesOffering, type Plan } from "./plan/plan";
import type { PlatformArgs } from "./platform";
import type { PlatformSettings } from "./stack/settings";
import type { Gate } from "./stack/settledRecord";

/** What all machines of a platform stand on: their key, their network, and how images and servers are asked for. */
export function createGround(
  name: string,
  args: PlatformArgs,
  plan: Plan,
  gate: Gate,
  parent: pulumi.Resource,
) {
  const { settings } = args;
  const key = createDeployKey(name, settings, parent);
  const network = createNetwork(name, settings, plan, gate, parent);
  const common = commonArgs(name, settings, network, key, gate, parent);
  const serverHooks = createServerHooks(name, args);
  const secrets = pulumi.secret(args.secrets ?? {});
  const registries = secrets.apply((values) => registryLogins(settings.images.registries, values));
  const asked = { mirror: settings.images.registryMirror, logins: registries };
  const resolveImage = imageResolver(name, asked, parent);
  const inputs = { ...args, secrets };
  const forRoles: PlatformGround = {
    platform: { plan, serverHooks, ...createTierSeed(name, settings, parent) },
    common,
    inputs,
    registries,
    resolveImage,
  };
  return { key, network, resolveImage, forRoles };
}

/** What is asked before a server is made or changed. */
function createServerHooks(name: string, { settings, apiEndpoint, apiToken }: PlatformArgs) {
  const api = { endpoint: apiEndpoint, token: apiToken };
  const stock = refuseSoldOut(name, api);
  if (settings.image === defaultImage) return stock;
  const image = refuseMissingImage(name, api, settings.environment);
  return { ...stock, beforeCreate: [...(stock.beforeCreate ?? []), ...(image.beforeCreate ?? [])] };
}

function createDeployKey(name: string, { environment, protect }: PlatformSettings, parent: pulumi.Resource) {
  // Servers learn the key at their first boot only: a new one would lock Pulumi out of all of them.
  const seed = new random.RandomBytes(`${name}-deploy-key`, { length: 32 }, { parent, protect });
  const pair = pulumi
    .secret(seed.base64)
    .apply((base64) => deployKey(base64, `hetzner-platform@${environment}`));
  return { privateKey: pair.privateKey, publicKey: pulumi.unsecret(pair.publicKey) };
}

/** Where machines show each other certificates. A new one makes all of them strangers until the last is set up. */
function createTierSeed(
  name: string,
  { mutualTls = [] }: PlatformSettings,
  parent: pulumi.Resource,
): Pick<PlatformContext, "tierSeed"> {
  if (mutualTls.length === 0) return {};
  const seed = new random.RandomBytes(`${name}-tiers`, { length: 32 }, { parent });
  return { tierSeed: pulumi.secret(seed.base64) };
}

function createNetwork(
  name: string,
  settings: PlatformSettings,
  plan: Plan,
  gate: Gate,
  parent: pulumi.Resource,
): Network {
  const [natGateway] = machinesOffering(plan, bastionOffer);
  if (natGateway === undefined) throw new pulumi.ResourceError("no role of the plan is the gateway", parent);
  return new Network(
    `${name}-private`,
    {
      name: gate(settings.environment),
      range: settings.network.range,
      zone: settings.network.zone,
      subnets: plan.network.subnets,
      natGateway: natGateway.privateIp,
      labels: platformLabels(settings.environment),
      protect: settings.protect,
    },
    { parent },
  );
}

function commonArgs(
  name: string,
  settings: PlatformSettings,
  network: Network,
  { publicKey, privateKey }: ReturnType<typeof createDeployKey>,
  gate: Gate,
  parent: pulumi.Resource,
): CommonArgs {
  const sshKey = new hcloud.SshKey(
    `${name}-deploy-key`,
    { name: gate(`${settings.environment}-deploy`), publicKey, labels: platformLabels(settings.environment) },
    { parent, deleteBeforeReplace: true },
  );
  return {
    location: gate(settings.location),
    image: settings.image,
    network: { id: network.networkId, range: settings.network.range },
    sshKey: sshKey.id,
    privateKey,
    environment: settings.environment,
    labels: gate(platformLabels(settings.environment)),
    protect: settings.protect,
  };
}
