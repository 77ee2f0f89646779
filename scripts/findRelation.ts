// Relations between objects: they have no names, and the provider makes their ids from their inputs. Creating one
// again is what Hetzner refuses (`volume_already_attached`), and undoing it may take a volume or an address from
// under a running service. So what is there as it was wanted goes into the state.
import { createHash } from "node:crypto";
import type { CloudClient } from "./cloudClient";
import { idle } from "./cloudObjects";
import type { Finding, Inputs, LostCreate, StackFacts } from "./settleCreate";

interface Relation {
  /** The object that knows of it. */
  path(inputs: Inputs): string;
  /** What is the same for two of them that cannot be there both. */
  id(inputs: Inputs): string;
  /** Whether the object has it. `foreign`: another one is in its place, in words that follow the path. */
  look(inputs: Inputs, found: CloudObject): "there" | "nothing" | { readonly foreign: string };
}

// biome-ignore lint/suspicious/noExplicitAny: answers of the API, of which each relation reads its own part
type CloudObject = Readonly<Record<string, any>>;

const same = (a: unknown, b: unknown) => String(a) === String(b);
const presence = (there: boolean | undefined) => (there ? "there" : "nothing");
const sha256 = (text: unknown) => createHash("sha256").update(String(text)).digest("hex");

/** The network of an attachment that names it, or one of its subnets: `4711-10.0.1.0/24`. */
const networkOf = ({ networkId, subnetId }: Inputs) => String(networkId ?? String(subnetId).split("-")[0]);

const inNetwork = (kind: string, key: string): Relation => ({
  path: (inputs) => `/${kind}/${inputs[key]}`,
  id: (inputs) => `${inputs[key]}-${networkOf(inputs)}`,
  look: (inputs, { private_net = [] }) =>
    presence(private_net.some(({ network }: CloudObject) => same(network, networkOf(inputs)))),
});

/** Both sides of a target: what the API tells, and the id that the provider makes of it. */
function targetOf({ type, serverId, labelSelector, ip }: Inputs): {
  id: string;
  is(t: CloudObject): boolean;
} {
  if (type === "server")
    return { id: `lb-srv-tgt-${serverId}`, is: ({ server }) => same(server?.id, serverId) };
  if (type === "ip") return { id: `lb-ip-tgt-${sha256(ip)}`, is: (target) => same(target.ip?.ip, ip) };
  return {
    id: `lb-label-selector-tgt-${sha256(labelSelector)}`,
    is: ({ label_selector }) => same(label_selector?.selector, labelSelector),
  };
}

const defaultPorts: Readonly<Record<string, number>> = { http: 80, https: 443 };
const portOf = ({ listenPort, protocol }: Inputs) => listenPort ?? defaultPorts[String(protocol)];

const relations: Readonly<Record<string, Relation>> = {
  "hcloud:index/networkSubnet:NetworkSubnet": {
    path: ({ networkId }) => `/networks/${networkId}`,
    id: ({ networkId, ipRange }) => `${networkId}-${ipRange}`,
    look: ({ ipRange }, { subnets }) =>
      presence(subnets.some(({ ip_range }: CloudObject) => ip_range === ipRange)),
  },
  "hcloud:index/networkRoute:NetworkRoute": {
    path: ({ networkId }) => `/networks/${networkId}`,
    id: ({ networkId, destination }) => `${networkId}-${destination}`,
    look: ({ destination, gateway }, { routes }) => {
      const route = routes.find((candidate: CloudObject) => candidate.destination === destination);
      if (route === undefined || route.gateway === gateway) return presence(route !== undefined);
      return { foreign: `leads ${destination} to ${route.gateway}, not to ${gateway}` };
    },
  },
  "hcloud:index/serverNetwork:ServerNetwork": inNetwork("servers", "serverId"),
  "hcloud:index/loadBalancerNetwork:LoadBalancerNetwork": inNetwork("load_balancers", "loadBalancerId"),
  "hcloud:index/floatingIpAssignment:FloatingIpAssignment": {
    path: ({ floatingIpId }) => `/floating_ips/${floatingIpId}`,
    id: ({ floatingIpId }) => String(floatingIpId),
    // Whoever has it: a load balancer that took it over serves visitors with it, and a run can move it.
    look: (_inputs, { server }) => presence(server != null),
  },
  "hcloud:index/volumeAttachment:VolumeAttachment": {
    path: ({ volumeId }) => `/volumes/${volumeId}`,
    id: ({ volumeId }) => String(volumeId),
    look: ({ serverId }, { server }) =>
      server == null || same(server, serverId)
        ? presence(server != null)
        : {
            foreign: `is attached to server ${server}, not to ${serverId}; detach it there when nothing uses it`,
          },
  },
  "hcloud:index/firewallAttachment:FirewallAttachment": {
    path: ({ firewallId }) => `/firewalls/${firewallId}`,
    id: ({ firewallId }) => String(firewallId),
    // One of many is enough: the next run adds what is missing.
    look: ({ serverIds = [], labelSelectors = [] }, { applied_to }) =>
      presence(
        applied_to.some(
          ({ server, label_selector }: CloudObject) =>
            (serverIds as unknown[]).some((id) => same(id, server?.id)) ||
            (labelSelectors as unknown[]).some((selector) => same(selector, label_selector?.selector)),
        ),
      ),
  },
  "hcloud:index/loadBalancerService:LoadBalancerService": {
    path: ({ loadBalancerId }) => `/load_balancers/${loadBalancerId}`,
    id: (inputs) => `${inputs.loadBalancerId}__${portOf(inputs)}`,
    look: (inputs, { services }) =>
      presence(services.some(({ listen_port }: CloudObject) => same(listen_port, portOf(inputs)))),
  },
  "hcloud:index/loadBalancerTarget:LoadBalancerTarget": {
    path: ({ loadBalancerId }) => `/load_balancers/${loadBalancerId}`,
    id: (inputs) => `${targetOf(inputs).id}-${inputs.loadBalancerId}`,
    look: (inputs, { targets }) => presence(targets.some(targetOf(inputs).is)),
  },
};

export const isRelation = (type: string) => type in relations;

/** @returns undefined for what is no such relation */
export async function findRelation(
  { type, inputs }: LostCreate,
  { clouds, heldInputs }: StackFacts,
): Promise<Finding | undefined> {
  const relation = relations[type];
  if (relation === undefined) return undefined;
  const id = relation.id(inputs);
  if (heldInputs(type).some((held) => relation.id(held) === id)) return { kind: "nothing" };
  const path = relation.path(inputs);
  const found = await settled(clouds.cloud, path);
  const seen = found === undefined ? "nothing" : relation.look(inputs, found);
  if (typeof seen === "object") return { kind: "foreign", why: `${path.slice(1)} ${seen.foreign}` };
  return seen === "there" ? { kind: "there", id } : { kind: "nothing" };
}

/** The object when no action runs on it any more: what a request has begun shows only when its action has ended. */
async function settled(cloud: CloudClient, path: string): Promise<CloudObject | undefined> {
  await idle(cloud, path);
  const answer = (await cloud("GET", path)) as Record<string, CloudObject> | undefined;
  return Object.values(answer ?? {})[0];
}
