import type { LoadBalancerSpec, NetworkSpec, ServerSpec } from "../host/contract";
import { replaceTable } from "../linux/nft";
import type { LocalCloudSettings } from "../settings/cloud";
import {
  balancerPortOf,
  metadataAddress,
  metadataListener,
  namesOf,
  portOf,
  publicGateway,
  uplinkAddress,
} from "../settings/names";
import type { LinkPlan, PlanInput, RoutePlan, RouterPlan } from "./planTypes";
import { type BalancerMember, type Member, privateRules } from "./privateRules";
import { hasPublicPort, networkPort } from "./publicRouter";
import { blackhole, unicast } from "./routes";

/**
 * One private network: a router, not a bridge (HC-N7). Each member has a /32 and reaches its neighbours only
 * through the gateway; there is no broadcast, and what the API does not know is dropped.
 */
export function planPrivateRouter(input: PlanInput, network: NetworkSpec): RouterPlan {
  const members = membersOf(input.world.servers, network);
  const balancers = balancersIn(input.world.loadBalancers, network);
  const { settings } = input;
  return {
    namespace: namesOf(settings).network(network.id),
    links: [
      uplink(network, settings),
      ...members.map((member) => memberLink(member, network, settings)),
      ...balancers.map((balancer) => balancerLink(balancer, network, settings)),
    ],
    routes: [
      blackhole(network.ipRange),
      route(metadataListener(settings), `via ${publicGateway} dev uplink onlink`),
      ...members.flatMap(memberRoutes),
      ...balancers.map(({ port, ip }) => route(ip, `dev ${port}`)),
      ...apiRoutes(network, members),
    ],
    rules: replaceTable("cloud", privateRules(network, members, balancers, settings)),
    dhcp: {
      range: network.ipRange,
      gateway: network.gateway,
      side: "private",
      leases: members.map(({ server, attachment: { macAddress, ip } }) => ({
        macAddress,
        ip,
        metadataRoute: !hasPublicPort(server) || (input.poisoned?.has(server.id) ?? false),
      })),
    },
  };
}

function balancersIn(balancers: readonly LoadBalancerSpec[], network: NetworkSpec): BalancerMember[] {
  return balancers.flatMap(({ id, attachments }) =>
    attachments
      .filter(({ networkId }) => networkId === network.id)
      .map(({ ip }) => ({ id, ip, port: balancerPortOf(id) })),
  );
}

function membersOf(servers: readonly ServerSpec[], network: NetworkSpec): Member[] {
  return servers.flatMap((server) => {
    const index = server.attachments.findIndex(({ networkId }) => networkId === network.id);
    const attachment = server.attachments[index];
    return attachment === undefined ? [] : [{ server, attachment, device: `enp${7 + index}s0` }];
  });
}

/** To the public router, for the metadata service alone. */
function uplink(network: NetworkSpec, settings: LocalCloudSettings): LinkPlan {
  return {
    name: "uplink",
    mtu: 1500,
    addresses: [`${uplinkAddress}/32`],
    peer: {
      namespace: namesOf(settings).publicRouter,
      name: networkPort(network.id),
      macAddress: null,
      setup: [
        `address add ${publicGateway}/32 dev ${networkPort(network.id)}`,
        `link set ${networkPort(network.id)} up`,
      ],
    },
  };
}

function memberLink(member: Member, network: NetworkSpec, settings: LocalCloudSettings): LinkPlan {
  const { server, attachment, device } = member;
  const setup = privateSetup(attachment.ip, device, network);
  // HC-U2: the private lease of a server without public interface carries this route.
  if (!hasPublicPort(server)) setup.push(`route add ${metadataAddress} via ${network.gateway} dev ${device}`);
  return {
    name: portOf(server.id),
    mtu: 1450,
    addresses: [`${network.gateway}/32`],
    peer: {
      namespace: namesOf(settings).machine(server.id),
      name: device,
      macAddress: attachment.macAddress,
      hotPlug: true,
      setup,
    },
  };
}

function privateSetup(ip: string, device: string, network: NetworkSpec): string[] {
  return [
    `address add ${ip}/32 dev ${device}`,
    `link set ${device} up`,
    `route add ${network.gateway} dev ${device} scope link`,
    `route add ${network.ipRange} via ${network.gateway} dev ${device}`,
  ];
}

function balancerLink(
  { id, port, ip }: BalancerMember,
  network: NetworkSpec,
  settings: LocalCloudSettings,
): LinkPlan {
  // It is in one network at most, so one name is enough.
  const device = "enp7s0";
  return {
    name: port,
    mtu: 1450,
    addresses: [`${network.gateway}/32`],
    peer: {
      namespace: namesOf(settings).loadBalancer(id),
      name: device,
      macAddress: null,
      setup: privateSetup(ip, device, network),
    },
  };
}

function memberRoutes({ server, attachment }: Member): RoutePlan[] {
  const dev = `dev ${portOf(server.id)}`;
  const aliases = attachment.aliasIps.map((alias) => route(alias, `via ${attachment.ip} ${dev} onlink`));
  return [route(attachment.ip, dev), ...aliases];
}

/** HC-N5: they act here, in the router, not in the guests. */
function apiRoutes(network: NetworkSpec, members: readonly Member[]): RoutePlan[] {
  return network.routes.flatMap(({ destination, gateway }) => {
    const target = members.find(({ attachment }) => attachment.ip === gateway);
    if (target === undefined) return [];
    const to = destination === "0.0.0.0/0" ? "default" : destination;
    return [route(to, `via ${gateway} dev ${portOf(target.server.id)} onlink`)];
  });
}

const route = (destination: string, target: string) => unicast(4, destination, target);
