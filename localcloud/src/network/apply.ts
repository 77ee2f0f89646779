import { setImmediate } from "node:timers/promises";
import {
  applyRules,
  deleteLinks,
  deleteNamespaces,
  deleteRoutes,
  ipBatch,
  listNamespaces,
  listRoutes,
  type ObservedRoute,
  type ObservedRouter,
  observeRouter,
  setSwitches,
} from "../linux/ip";
import type { LocalCloudSettings } from "../settings/cloud";
import { isNetwork, isOwnNamespace, namesOf, portOf, routeProtocol, serverOfPort } from "../settings/names";
import { finishedLine, freeDevice, type MadeLink, makeLinks, staleLinks, unpluggedServers } from "./links";
import type { HostSidePlan, LinkPlan, NetworkPlan, RoutePlan, RouterPlan } from "./planTypes";
import { routeChanges } from "./routes";

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
  readonly routers: ReadonlyMap<string, ObservedRouter>;
  readonly hostRoutes: readonly ObservedRoute[];
}

/** What happens between the steps of a run. */
export interface RunSteps {
  /** All links are there, with what hangs on them configured. */
  linked(): void;
  /** Starts what runs in the routers, before guests are told of new interfaces. */
  serve(): Promise<void>;
}

/** The machines that run, for links that come and go under them. */
export interface Guests {
  running(serverId: number): Promise<boolean>;
  /** A new interface is there, down and without an address. */
  plugged(serverId: number, device: string): Promise<void>;
  /** Interfaces of the machine are gone. */
  unplugged(serverId: number): Promise<void>;
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

  /** Idempotent; one short process for each router and one for the host, and more only when something differs. */
  async apply(plan: NetworkPlan, steps: RunSteps): Promise<void> {
    const observed = await this.#observe(plan);
    const { added, removed } = await this.#namespaces(plan, observed);
    const [links] = await Promise.all([this.#links(plan, observed), ...added.map(prepareLeaf)]);
    steps.linked();
    // Who waited for it begins before more processes are started here: each start holds this thread for milliseconds.
    await setImmediate();
    for (const serverId of unpluggedServers(plan, observed.routers)) await this.guests.unplugged(serverId);
    const { made } = links;
    // A link that goes takes routes with it, in other routers too, so what was seen before holds no longer.
    const seen = removed.length + links.removed > 0 ? undefined : observed;
    await Promise.all([
      this.#hostSide(plan.host, seen?.hostRoutes),
      ...plan.routers.map((router) =>
        this.#router(router, made, seen?.routers.get(router.namespace)?.routes),
      ),
    ]);
    await steps.serve();
    for (const link of made) {
      if (link.guest === undefined) continue;
      await this.guests.plugged(link.guest, link.device);
      await ipBatch(link.router, [finishedLine(link)]);
    }
  }

  /**
   * Forgets all that a machine's namespace holds, as a power cycle does. The router's ends go first and at
   * once; the kernel takes the namespace apart later.
   */
  async resetMachine(serverId: number): Promise<void> {
    const names = namesOf(this.settings);
    const namespaces = await listNamespaces();
    // It goes last below, so without it nothing of the machine is left.
    if (!namespaces.includes(names.machine(serverId))) return;
    const routers = namespaces.filter(
      (name) => name === names.publicRouter || isNetwork(this.settings, name),
    );
    await Promise.all(routers.map((router) => deleteLinks(router, [portOf(serverId)])));
    await deleteNamespaces([names.machine(serverId)]);
  }

  async #observe(plan: NetworkPlan): Promise<Observed> {
    const namespaces = new Set(await listNamespaces());
    const routers = new Set(plan.routers.map(({ namespace }) => namespace));
    const observed = [...namespaces].filter((name) => routers.has(name) || isNetwork(this.settings, name));
    const [hostRoutes, ...found] = await Promise.all([
      listRoutes({ device: plan.host.link }, routeProtocol),
      ...observed.map(async (name) => [name, await observeRouter(name, routeProtocol)] as const),
    ]);
    return { namespaces, routers: new Map(found), hostRoutes };
  }

  /** @returns those that came and are no routers, and those that went */
  async #namespaces(
    plan: NetworkPlan,
    observed: Observed,
  ): Promise<{ added: readonly string[]; removed: readonly string[] }> {
    const routers = plan.routers.map(({ namespace }) => namespace);
    const wanted = new Set([...routers, ...plan.leaves]);
    const stale = [...observed.namespaces].filter(
      (name) => isOwnNamespace(this.settings, name) && !wanted.has(name),
    );
    // Links first and at once: what runs in a namespace keeps it for a while longer.
    for (const name of stale) {
      const present = observed.routers.get(name)?.links ?? [];
      await deleteLinks(
        name,
        present.map(({ ifname }) => ifname),
      );
    }
    await deleteNamespaces(stale);
    for (const name of stale) this.#loaded.delete(name);
    const missing = [...wanted].filter((name) => !observed.namespaces.has(name));
    for (const name of missing) this.#loaded.delete(name);
    await ipBatch(
      null,
      missing.map((name) => `netns add ${name}`),
    );
    // Before it has links, which take their own switches from these.
    const newRouters = missing.filter((name) => routers.includes(name));
    await Promise.all(
      newRouters.map((name) => setSwitches(name, [...routerSysctls, ...this.#routerSysctls6()])),
    );
    return { added: missing.filter((name) => !routers.includes(name)), removed: stale };
  }

  #routerSysctls6(): string[] {
    return this.ipv6 ? ["net.ipv6.conf.all.forwarding=1", "net.ipv6.conf.default.accept_dad=0"] : [];
  }

  /** @returns the new ones, and how many went */
  async #links(
    plan: NetworkPlan,
    observed: Observed,
  ): Promise<{ made: readonly MadeLink[]; removed: number }> {
    const made: MadeLink[] = [];
    let removed = 0;
    for (const router of plan.routers) {
      const present = observed.routers.get(router.namespace)?.links ?? [];
      const stale = staleLinks(plan, router, present);
      await deleteLinks(
        router.namespace,
        stale.map(({ ifname }) => ifname),
      );
      removed += stale.length;
      const kept = new Set(present.filter((link) => !stale.includes(link)).map(({ ifname }) => ifname));
      const missing = router.links.filter(({ name }) => !kept.has(name));
      made.push(...(await this.#makeLinks(router.namespace, missing)));
    }
    return { made, removed };
  }

  async #makeLinks(router: string, links: readonly LinkPlan[]): Promise<MadeLink[]> {
    const made = await Promise.all(
      links.map(async (link): Promise<MadeLink> => {
        const serverId = link.peer.hotPlug === true ? serverOfPort(link.name) : undefined;
        const hot = serverId !== undefined && (await this.guests.running(serverId));
        return hot
          ? { router, link, device: await freeDevice(link), guest: serverId }
          : { router, link, device: link.peer.name };
      }),
    );
    await makeLinks(router, made);
    return made;
  }

  /** @param seen its routes, where they are known */
  async #hostSide(host: HostSidePlan, seen: readonly ObservedRoute[] | undefined): Promise<void> {
    await this.#once("host", [...host.setup, host.rules].join("\n"), async () => {
      await ipBatch(null, host.setup);
      await applyRules(null, host.rules);
    });
    const present = seen ?? (await listRoutes({ device: host.link }, routeProtocol));
    await changeRoutes(null, host.routes, present, []);
  }

  async #router(
    { namespace, routes, rules }: RouterPlan,
    made: readonly MadeLink[],
    seen: readonly ObservedRoute[] | undefined,
  ): Promise<void> {
    const [present] = await Promise.all([
      seen ?? listRoutes({ namespace }, routeProtocol),
      this.#once(namespace, rules, () => applyRules(namespace, rules)),
    ]);
    // Last of all: a link without this mark was not finished and is made anew.
    const finished = made
      .filter((link) => link.router === namespace && link.guest === undefined)
      .map(finishedLine);
    await changeRoutes(namespace, routes, present, finished);
  }

  async #once(key: string, content: string, load: () => Promise<void>): Promise<void> {
    if (this.#loaded.get(key) === content) return;
    this.#loaded.delete(key);
    await load();
    this.#loaded.set(key, content);
  }
}

async function changeRoutes(
  namespace: string | null,
  routes: readonly RoutePlan[],
  present: readonly ObservedRoute[],
  finish: readonly string[],
): Promise<void> {
  const { replace, remove } = routeChanges(routes, present);
  if (remove.length > 0) await deleteRoutes(namespace, remove);
  await ipBatch(namespace, [...replace.map((route) => `route replace ${route}`), ...finish]);
}

async function prepareLeaf(namespace: string): Promise<void> {
  await Promise.all([setSwitches(namespace, leafSysctls), ipBatch(namespace, ["link set lo up"])]);
}
