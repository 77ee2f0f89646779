// Makes veth pairs between routers and what hangs on them.
import { createHash } from "node:crypto";
import { deleteLinks, ipBatch, listLinks, type ObservedLink, type ObservedRouter } from "../linux/ip";
import { serverOfPort } from "../settings/names";
import type { LinkPlan, NetworkPlan, RouterPlan } from "./planTypes";

/** A link as it was made; it is finished when its mark is set. */
export interface MadeLink {
  readonly router: string;
  readonly link: LinkPlan;
  /** Name of the other end; in a running guest it may differ from the planned one. */
  readonly device: string;
  /** The running guest that has yet to be told of it, and configures it itself. */
  readonly guest?: number;
}

/** Adds the links of one router, which has none of these, and configures both ends. */
export async function makeLinks(router: string, links: readonly MadeLink[]): Promise<void> {
  await ipBatch(null, links.map(addLine)).catch(async () => {
    // One end was left from another life, or a link was made before the failure: their pairs go with them.
    for (const link of links) {
      await deleteLinks(link.link.peer.namespace, [link.device]);
      await deleteLinks(router, [link.link.name]);
      await ipBatch(null, [addLine(link)]);
    }
  });
  const configured = links.filter(({ guest }) => guest === undefined);
  await Promise.all([
    ipBatch(
      router,
      links.flatMap(({ link }) => routerEnd(link)),
    ),
    ...configured.map(({ link: { peer } }) => ipBatch(peer.namespace, peer.setup)),
  ]);
}

/** Of a router's links, those that nobody wants, or wants otherwise, or that were not finished. */
export function staleLinks(
  plan: Pick<NetworkPlan, "routers">,
  { namespace, links }: Pick<RouterPlan, "namespace" | "links">,
  present: readonly ObservedLink[],
): ObservedLink[] {
  const wanted = new Map(links.map((link) => [link.name, link]));
  // Ends that belong to another router's links are that router's business.
  const foreign = new Set(
    plan.routers.flatMap((router) =>
      router.links.filter(({ peer }) => peer.namespace === namespace).map(({ peer }) => peer.name),
    ),
  );
  return present.filter(({ ifname, ifalias }) => {
    const link = wanted.get(ifname);
    return link === undefined ? !foreign.has(ifname) : ifalias !== fingerprint(link);
  });
}

/** Guests whose private interfaces go with their links, or with a whole network. */
export function unpluggedServers(
  plan: Pick<NetworkPlan, "routers">,
  observed: ReadonlyMap<string, Pick<ObservedRouter, "links">>,
): ReadonlySet<number> {
  const wanted = new Map(plan.routers.map(({ namespace, links }) => [namespace, links]));
  const unplugged = new Set<number>();
  for (const [namespace, { links }] of observed) {
    for (const { ifname } of links) {
      const serverId = serverOfPort(ifname);
      const kept = wanted.get(namespace)?.some(({ name }) => name === ifname) ?? false;
      if (serverId !== undefined && !kept) unplugged.add(serverId);
    }
  }
  return unplugged;
}

/** Where the machine runs, the slot that is free: those behind an interface that went keep their names. */
export async function freeDevice({ peer }: LinkPlan): Promise<string> {
  const taken = new Set((await listLinks(peer.namespace)).map(({ ifname }) => ifname));
  for (let slot = 7; ; slot++) if (!taken.has(`enp${slot}s0`)) return `enp${slot}s0`;
}

/** Sets the mark, by which a later run knows the link as finished and unchanged. */
export const finishedLine = ({ link }: MadeLink): string =>
  `link set dev ${link.name} alias ${fingerprint(link)}`;

// Without the guest's device name: it may shift when an earlier attachment goes, which is no reason to cut this one.
export function fingerprint(link: LinkPlan): string {
  const text = JSON.stringify(link).replaceAll(link.peer.name, "device");
  return createHash("sha256").update(text).digest("hex").slice(0, 12);
}

function addLine({ router, link: { name, mtu, peer }, device }: MadeLink): string {
  const address = peer.macAddress === null ? "" : ` address ${peer.macAddress}`;
  const place = peer.namespace === null ? "" : ` netns ${peer.namespace}`;
  return `link add name ${name} mtu ${mtu} netns ${router} type veth peer name ${device}${address} mtu ${mtu}${place}`;
}

function routerEnd({ name, addresses }: LinkPlan): string[] {
  return [
    ...addresses.map((cidr) => `address replace ${cidr} dev ${name}${cidr.includes(":") ? " nodad" : ""}`),
    `link set dev ${name} up`,
  ];
}
