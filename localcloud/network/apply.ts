import { createHash } from "node:crypto";
import type { LocalCloudSettings } from "../settings";
import {
  applyRules,
  deleteLinks,
  deleteNamespaces,
  ipBatch,
  listLinks,
  listNamespaces,
  listRoutes,
  type ObservedLink,
} from "./ip";
import { isNetwork, isOwnNamespace, namesOf, portOf, routeProtocol, serverOfPort } from "./names";
import type { HostSidePlan, LinkPlan, NetworkPlan, RoutePlan, RouterPlan } from "./plan";
import { routeText } from "./routes";

const routerSysctls = [
  "net.ipv4.ip_forward=1",
  "net.ipv4.conf.all.rp_filter=0",
  "net.ipv4.conf.default.rp_filter=0",
  "net.ipv4.conf.all.arp_ignore=1",
  "net.ipv4.conf.all.send_redirects=0",
  "net.ipv4.conf.default.send_redirects=0",
];
const leafSysctls = ["net.ipv4.ip_forward=0", "net.ipv4.conf.all.rp_filter=0"];

/** What was there before, so that only differences cost anything. */
interface Observed {
  readonly namespaces: ReadonlySet<string>;
  readonly links: ReadonlyMap<string, readonly ObservedLink[]>;
}

/** The machines that run, for links that come and go under them. */
export interface Guests {
  running(serverId: number): Promise<boolean>;
  /** A new interface is there, down and without an address. */
  plugged(serverId: number, device: string): Promise<void>;
  /** Interfaces of the machine are gone. */
  unplugged(serverId: number): Promise<void>;
}

/** A link whose machine end a running guest has yet to be told of. */
interface Plugged {
  readonly router: string;
  readonly link: LinkPlan;
  readonly serverId: number;
  readonly device: string;
}

/**
 * Makes the host's network equal to a plan, whatever state it was left in. One instance for each cloud: it
 * remembers the rulesets that it has loaded.
 */
export class NetworkApplier {
  readonly #loaded = new Map<string, string>();

  constructor(
    private readonly settings: LocalCloudSettings,
    private readonly ipv6: boolean,
    private readonly guests: Guests,
  ) {}

  /**
   * Idempotent; about ten short processes, most of them only when something differs.
   *
   * @param serve starts what runs in the routers, before guests are told of new interfaces
   */
  async apply(plan: NetworkPlan, serve: () => Promise<void>): Promise<void> {
    const observed = await this.#observe(plan);
    await this.#namespaces(plan, observed);
    const plugged = await this.#links(plan, observed);
    await this.#tellUnplugged(plan, observed);
    await this.#hostSide(plan.host);
    await Promise.all(plan.routers.map((router) => this.#router(router)));
    await serve();
    for (const { router, link, serverId, device } of plugged) {
      await this.guests.plugged(serverId, device);
      await markFinished(router, link);
    }
  }

  /**
   * Forgets all that a machine's namespace holds, as a power cycle does. The router's ends go first and at
   * once; the kernel takes the namespace apart later.
   */
  async resetMachine(serverId: number): Promise<void> {
    const names = namesOf(this.settings);
    const routers = (await listNamespaces()).filter(
      (name) => name === names.publicRouter || isNetwork(this.settings, name),
    );
    await Promise.all(routers.map((router) => deleteLinks(router, [portOf(serverId)])));
    await deleteNamespaces([names.machine(serverId)]);
  }

  async #observe(plan: NetworkPlan): Promise<Observed> {
    const namespaces = new Set(await listNamespaces());
    const routers = new Set(plan.routers.map(({ namespace }) => namespace));
    const observed = [...namespaces].filter((name) => routers.has(name) || isNetwork(this.settings, name));
    const links = await Promise.all(
      observed.map(async (namespace) => [namespace, await listLinks(namespace)] as const),
    );
    return { namespaces, links: new Map(links) };
  }

  async #namespaces(plan: NetworkPlan, observed: Observed): Promise<void> {
    const routers = plan.routers.map(({ namespace }) => namespace);
    const wanted = new Set([...routers, ...plan.leaves]);
    const stale = [...observed.namespaces].filter(
      (name) => isOwnNamespace(this.settings, name) && !wanted.has(name),
    );
    // Links first and at once: what runs in a namespace keeps it for a while longer.
    for (const name of stale) {
      const present = observed.links.get(name) ?? [];
      await deleteLinks(
        name,
        present.map(({ ifname }) => ifname),
      );
    }
    await deleteNamespaces(stale);
    const lines: string[] = [];
    for (const name of wanted) {
      if (observed.namespaces.has(name)) continue;
      const isRouter = routers.includes(name);
      const sysctls = isRouter ? [...routerSysctls, ...this.#routerSysctls6()] : leafSysctls;
      lines.push(`netns add ${name}`, `netns exec ${name} sysctl -q -w ${sysctls.join(" ")}`);
      if (!isRouter) lines.push(`netns exec ${name} ip link set lo up`);
      this.#loaded.delete(name);
    }
    for (const name of stale) this.#loaded.delete(name);
    await ipBatch(null, lines);
  }

  #routerSysctls6(): string[] {
    return this.ipv6 ? ["net.ipv6.conf.all.forwarding=1", "net.ipv6.conf.default.accept_dad=0"] : [];
  }

  async #links(plan: NetworkPlan, observed: Observed): Promise<Plugged[]> {
    const plugged: Plugged[] = [];
    for (const router of plan.routers) {
      const present = observed.links.get(router.namespace) ?? [];
      const wanted = new Map(router.links.map((link) => [link.name, link]));
      // Ends that belong to another router's links are that router's business.
      const foreign = new Set(
        plan.routers.flatMap(({ links }) =>
          links.filter(({ peer }) => peer.namespace === router.namespace).map(({ peer }) => peer.name),
        ),
      );
      const stale = present.filter(({ ifname, ifalias }) => {
        const link = wanted.get(ifname);
        return link === undefined ? !foreign.has(ifname) : ifalias !== fingerprint(link);
      });
      await deleteLinks(
        router.namespace,
        stale.map(({ ifname }) => ifname),
      );
      const kept = new Set(present.filter((link) => !stale.includes(link)).map(({ ifname }) => ifname));
      const missing = router.links.filter(({ name }) => !kept.has(name));
      for (const link of missing) plugged.push(...(await this.#makeLink(router.namespace, link)));
    }
    return plugged;
  }

  /** Guests whose private interfaces went with their links, or with a whole network. */
  async #tellUnplugged(plan: NetworkPlan, observed: Observed): Promise<void> {
    const wanted = new Map(plan.routers.map(({ namespace, links }) => [namespace, links]));
    const gone = new Set<number>();
    for (const [namespace, present] of observed.links) {
      for (const { ifname } of present) {
        const serverId = serverOfPort(ifname);
        const kept = wanted.get(namespace)?.some(({ name }) => name === ifname) ?? false;
        if (serverId !== undefined && !kept) gone.add(serverId);
      }
    }
    for (const serverId of gone) await this.guests.unplugged(serverId);
  }

  /** @returns the link when its machine runs and is to be told of it */
  async #makeLink(namespace: string, link: LinkPlan): Promise<Plugged[]> {
    const serverId = serverOfPort(link.name);
    const hot = link.peer.hotPlug === true && serverId !== undefined && (await this.guests.running(serverId));
    const peer = hot ? { ...link.peer, name: await freeDevice(link), setup: [] } : link.peer;
    const address = peer.macAddress === null ? "" : ` address ${peer.macAddress}`;
    const place = peer.namespace === null ? "" : ` netns ${peer.namespace}`;
    const add = () =>
      ipBatch(null, [
        `link add name ${link.name} mtu ${link.mtu} netns ${namespace} type veth peer name ${peer.name}${address} mtu ${link.mtu}${place}`,
      ]);
    await add().catch(async () => {
      // One end was left from another life: its pair goes with it.
      await deleteLinks(peer.namespace, [peer.name]);
      await deleteLinks(namespace, [link.name]);
      await add();
    });
    await ipBatch(peer.namespace, peer.setup);
    await ipBatch(namespace, [
      ...link.addresses.map((cidr) =>
        cidr.includes(":")
          ? `address replace ${cidr} dev ${link.name} nodad`
          : `address replace ${cidr} dev ${link.name}`,
      ),
      `link set dev ${link.name} up`,
    ]);
    if (hot) return [{ router: namespace, link, serverId, device: peer.name }];
    await markFinished(namespace, link);
    return [];
  }

  async #hostSide(host: HostSidePlan): Promise<void> {
    await this.#once("host", [...host.setup, host.rules].join("\n"), async () => {
      await ipBatch(null, host.setup);
      await applyRules(null, host.rules);
    });
    await this.#routes(null, host.routes, 4, host.link);
    if (this.ipv6) await this.#routes(null, host.routes, 6, host.link);
  }

  async #router(router: RouterPlan): Promise<void> {
    await this.#routes(router.namespace, router.routes, 4);
    if (this.ipv6) await this.#routes(router.namespace, router.routes, 6);
    await this.#once(router.namespace, router.rules, () => applyRules(router.namespace, router.rules));
  }

  async #routes(
    namespace: string | null,
    routes: readonly RoutePlan[],
    family: 4 | 6,
    device?: string,
  ): Promise<void> {
    const wanted = routes.filter((route) => route.family === family);
    const present = await listRoutes(namespace, family, routeProtocol, device);
    const keep = new Set(wanted.map(({ destination }) => destination));
    const stale = present.filter((destination) => !keep.has(destination));
    const onDevice = device === undefined ? "" : ` dev ${device}`;
    await ipBatch(namespace, [
      ...wanted.map((route) => `route replace ${routeText(route)}`),
      ...stale.map((destination) => `route del ${destination}${onDevice} proto ${routeProtocol}`),
    ]);
  }

  async #once(key: string, content: string, load: () => Promise<void>): Promise<void> {
    if (this.#loaded.get(key) === content) return;
    this.#loaded.delete(key);
    await load();
    this.#loaded.set(key, content);
  }
}

/** Last of all: a link without this mark was not finished and is made anew. */
async function markFinished(router: string, link: LinkPlan): Promise<void> {
  await ipBatch(router, [`link set dev ${link.name} alias ${fingerprint(link)}`]);
}

/** Where the machine runs, the slot that is free: those behind an interface that went keep their names. */
async function freeDevice({ peer }: LinkPlan): Promise<string> {
  const taken = new Set((await listLinks(peer.namespace)).map(({ ifname }) => ifname));
  for (let slot = 7; ; slot++) if (!taken.has(`enp${slot}s0`)) return `enp${slot}s0`;
}

// Without the guest's device name: it may shift when an earlier attachment goes, which is no reason to cut this one.
function fingerprint(link: LinkPlan): string {
  const text = JSON.stringify(link).replaceAll(link.peer.name, "device");
  return createHash("sha256").update(text).digest("hex").slice(0, 12);
}
