import type { LoadBalancerSpec, ServerSpec, World } from "../host/contract";
import type { StorageBoxSpec } from "../host/storageBoxes";
import { replaceTable } from "../linux/nft";
import type { LocalCloudSettings } from "../settings/cloud";
import {
  balancerPortOf,
  boxPortOf,
  firstHost6,
  hostAddress6,
  hostLinkLocal,
  identityOf,
  internetAddress6,
  metadataListener,
  nameserverAddresses,
  namesOf,
  portOf,
  publicGateway,
  routerAddress,
  uplinkAddress,
} from "../settings/names";
import { metadataDestinations, metadataSource } from "./ipv6Only";
import type { LinkPlan, PlanInput, RoutePlan, RouterPlan } from "./planTypes";
import { publicRules } from "./publicRules";
import { blackhole, unicast } from "./routes";

/** The public side: ports of servers and load balancers, floating addresses, cloud firewalls, metadata and DNS. */
export function planPublicRouter(input: PlanInput): RouterPlan {
  const { world, settings } = input;
  const servers = world.servers.filter(hasPublicPort);
  const leaves = [
    ...servers.map((server) => serverLeaf(server, settings)),
    ...world.loadBalancers.filter(hasPublicPort).map((balancer) => balancerLeaf(balancer, settings)),
  ];
  return {
    namespace: namesOf(settings).publicRouter,
    links: [
      hostLink(input),
      internetLink(input),
      ...leaves.map((leaf) => leafLink(leaf, input)),
      ...world.storageBoxes.map((box) => boxLink(box, settings)),
    ],
    routes: [
      ...baseRoutes(input),
      ...leaves.flatMap((leaf) => leafRoutes(leaf, input.ipv6)),
      ...floatingRoutes(world, servers, input.ipv6),
      ...identityRoutes(world, settings),
      ...world.storageBoxes.map(({ id, ip }) => unicast(4, ip, `dev ${boxPortOf(id)}`)),
    ],
    rules: replaceTable("cloud", publicRules(world, servers, settings)),
    dhcp: {
      range: settings.publicRange,
      gateway: publicGateway,
      side: "public",
      leases: servers.flatMap(({ macAddress, publicIpv4 }) =>
        publicIpv4 === null ? [] : [{ macAddress, ip: publicIpv4, metadataRoute: false }],
      ),
    },
  };
}

type Addressed = Pick<ServerSpec, "publicIpv4" | "publicIpv6">;

export const hasPublicPort = (leaf: Addressed) => leaf.publicIpv4 !== null || leaf.publicIpv6 !== null;

/** What hangs on a public port. */
interface Leaf extends Addressed {
  readonly port: string;
  readonly namespace: string;
  readonly macAddress: string | null;
  /** Of a server that has no IPv4 address of its own. */
  readonly metadataSource: string | null;
}

function serverLeaf(server: ServerSpec, settings: LocalCloudSettings): Leaf {
  const { id, publicIpv4, publicIpv6, macAddress } = server;
  const namespace = namesOf(settings).machine(id);
  const source = metadataSource(server, settings);
  return { port: portOf(id), namespace, macAddress, publicIpv4, publicIpv6, metadataSource: source };
}

/** Without a machine; no cloud firewall holds for it (HC-F3). */
function balancerLeaf({ id, publicIpv4, publicIpv6 }: LoadBalancerSpec, settings: LocalCloudSettings): Leaf {
  const namespace = namesOf(settings).loadBalancer(id);
  const port = balancerPortOf(id);
  return { port, namespace, macAddress: null, publicIpv4, publicIpv6, metadataSource: null };
}

/** Name of the public router's port towards a private network. */
export const networkPort = (networkId: number) => `n${networkId}`;

function hostLink({ settings, ipv6 }: PlanInput): LinkPlan {
  return {
    name: "host",
    mtu: 1500,
    addresses: [`${routerAddress(settings)}/32`, ...(ipv6 ? ["fe80::1/64"] : [])],
    peer: { namespace: null, name: namesOf(settings).hostLink, macAddress: null, setup: [] },
  };
}

function internetLink({ settings, ipv6 }: PlanInput): LinkPlan {
  const setup = [
    `address add ${settings.internetAddress}/32 dev eth0`,
    "link set eth0 up",
    `route add ${publicGateway} dev eth0 scope link`,
    `route add default via ${publicGateway} dev eth0`,
  ];
  if (ipv6) {
    setup.push(
      `address add ${internetAddress6(settings)}/128 dev eth0 nodad`,
      "route add default via fe80::1 dev eth0",
    );
  }
  return {
    name: "inet",
    mtu: 1500,
    addresses: [`${publicGateway}/32`, ...(ipv6 ? ["fe80::1/64"] : [])],
    peer: { namespace: namesOf(settings).internet, name: "eth0", macAddress: null, setup },
  };
}

const ipv4Of = ({ publicIpv4, metadataSource }: Leaf) => publicIpv4 ?? metadataSource;

function leafLink(leaf: Leaf, { settings, ipv6 }: PlanInput): LinkPlan {
  const setup = ["link set eth0 up"];
  const ipv4 = ipv4Of(leaf);
  if (ipv4 !== null) {
    const destinations = leaf.publicIpv4 === null ? metadataDestinations(settings) : ["default"];
    setup.push(
      `address add ${ipv4}/32 dev eth0`,
      `route add ${publicGateway} dev eth0 scope link`,
      ...destinations.map((destination) => `route add ${destination} via ${publicGateway} dev eth0`),
    );
  }
  const withIpv6 = ipv6 && leaf.publicIpv6 !== null;
  if (withIpv6) {
    setup.push(
      `address add ${firstHost6(leaf.publicIpv6 ?? "")}/64 dev eth0 nodad`,
      "route add default via fe80::1 dev eth0",
    );
  }
  return {
    name: leaf.port,
    mtu: 1500,
    addresses: [`${publicGateway}/32`, ...(withIpv6 ? ["fe80::1/64"] : [])],
    peer: { namespace: leaf.namespace, name: "eth0", macAddress: leaf.macAddress, setup },
  };
}

function boxLink({ id, ip }: StorageBoxSpec, settings: LocalCloudSettings): LinkPlan {
  const setup = [
    "link set eth0 up",
    `address add ${ip}/32 dev eth0`,
    `route add ${publicGateway} dev eth0 scope link`,
    `route add default via ${publicGateway} dev eth0`,
  ];
  return {
    name: boxPortOf(id),
    mtu: 1500,
    addresses: [`${publicGateway}/32`],
    peer: { namespace: namesOf(settings).storageBox(id), name: "eth0", macAddress: null, setup },
  };
}

function baseRoutes({ settings, ipv6 }: PlanInput): RoutePlan[] {
  return [
    unicast(4, "default", `via ${settings.hostAddress} dev host onlink`),
    unicast(4, settings.hostAddress, "dev host"),
    unicast(4, metadataListener(settings), "dev host"),
    ...nameserverAddresses(settings).map((address) => unicast(4, address, "dev host")),
    unicast(4, settings.internetAddress, "dev inet"),
    // What is not assigned vanishes: packets to a dead server or an unassigned address get no answer.
    blackhole(settings.publicRange),
    blackhole(settings.identityRange),
    ...(ipv6
      ? [
          unicast(6, "default", `via ${hostLinkLocal} dev host`),
          unicast(6, hostAddress6(settings), "dev host"),
          unicast(6, internetAddress6(settings), "dev inet"),
          blackhole(settings.ipv6Range),
        ]
      : []),
  ];
}

function leafRoutes(leaf: Leaf, ipv6: boolean): RoutePlan[] {
  const { port, publicIpv6 } = leaf;
  const ipv4 = ipv4Of(leaf);
  const routes: RoutePlan[] = [];
  if (ipv4 !== null) routes.push(unicast(4, ipv4, `dev ${port}`));
  if (ipv6 && publicIpv6 !== null) routes.push(unicast(6, publicIpv6, `dev ${port}`));
  return routes;
}

function floatingRoutes(world: World, servers: readonly ServerSpec[], ipv6: boolean): RoutePlan[] {
  return world.floatingAddresses.flatMap(({ cidr, serverId }) => {
    const server = servers.find(({ id }) => id === serverId);
    const destination = cidr.replace(/\/32$/, "");
    if (cidr.includes(":")) {
      return ipv6 && server !== undefined ? [unicast(6, destination, `dev ${portOf(server.id)}`)] : [];
    }
    if (server === undefined) return [blackhole(destination)];
    const dev = `dev ${portOf(server.id)}`;
    // Through the server's own address: its neighbour entry is warm when the floating IP moves.
    return [
      unicast(4, destination, server.publicIpv4 === null ? dev : `via ${server.publicIpv4} ${dev} onlink`),
    ];
  });
}

// Answers of the metadata service to a request that came over a private network.
function identityRoutes(world: World, settings: LocalCloudSettings): RoutePlan[] {
  return world.servers.flatMap((server) => {
    if (metadataSource(server, settings) !== null) return [];
    const network = server.attachments.find(({ networkId }) =>
      world.networks.some(({ id }) => id === networkId),
    )?.networkId;
    if (network === undefined) return [];
    const target = `via ${uplinkAddress} dev ${networkPort(network)} onlink`;
    return [unicast(4, identityOf(settings, server.id), target)];
  });
}
