import { mkdir, readdir } from "node:fs/promises";
import type { Health, LoadBalancerSpec, TrafficSample } from "../host/contract";
import type { LocalCloudSettings } from "../settings/cloud";
import { killProxies } from "./processes";
import { LoadBalancerProxy } from "./proxy";
import { type Counters, healthKey, healthOf, parseStatistics, trafficOf } from "./statistics";
import { TrafficHistory } from "./traffic";

const tickMs = 1_000;
/** Ticks between two traffic samples. */
const sampledEvery = 5;
/** Longest wait between two attempts to start a proxy that ended, in ticks. */
const longestPause = 10;

interface Balancer {
  spec: LoadBalancerSpec;
  readonly proxy: LoadBalancerProxy;
  readonly history: TrafficHistory;
  health: ReadonlyMap<string, Health>;
  failure: Error | undefined;
  /** Its proxy was seen to serve, so that one that does not run has ended. */
  serves: boolean;
  /** Changes that are under way or wait: they start the proxy by themselves. */
  changes: number;
  /** Ticks until the next attempt, and how long the one after waits. */
  pause: { left: number; next: number };
  /** Changes and looks happen one after the other. */
  queue: Promise<unknown>;
}

/** All load balancers of a cloud: their proxies, what these measure, and that they run. */
export class LoadBalancerRoom {
  readonly #balancers = new Map<number, Balancer>();
  readonly #timer: NodeJS.Timeout;
  #ticks = 0;

  constructor(
    private readonly settings: LocalCloudSettings,
    private readonly ipv6: boolean,
    private readonly onProblem: (problem: string) => void,
  ) {
    this.#timer = setInterval(() => this.#tick(), tickMs);
    this.#timer.unref();
  }

  /** Stops looking; proxies go on. */
  close(): void {
    clearInterval(this.#timer);
  }

  /** Ends the proxies of load balancers that are not listed: before their namespaces go. */
  async keepOnly(specs: readonly LoadBalancerSpec[]): Promise<void> {
    const wanted = new Set(specs.map(({ id }) => id));
    for (const id of new Set([...this.#balancers.keys(), ...(await this.#idsOnDisk())])) {
      if (wanted.has(id)) continue;
      const balancer = this.#balancers.get(id);
      this.#balancers.delete(id);
      await balancer?.queue.catch(() => undefined);
      await (balancer?.proxy ?? new LoadBalancerProxy(this.settings, id, this.ipv6)).remove();
    }
  }

  /** Lets every proxy serve what it should; what one cannot is reported and tried again. */
  async apply(specs: readonly LoadBalancerSpec[]): Promise<void> {
    await Promise.all(
      specs.map(async (spec) => {
        const balancer = await this.#balancer(spec);
        await this.#follow(balancer).catch(() => undefined);
      }),
    );
  }

  /** @throws what keeps the load balancer from serving */
  async require(id: number): Promise<void> {
    const balancer = this.#balancers.get(id);
    if (balancer === undefined) throw new Error(`load balancer ${id} does not exist on this host`);
    await this.#follow(balancer);
  }

  health(id: number, listenPort: number, address: string): Health {
    return this.#balancers.get(id)?.health.get(healthKey(listenPort, address)) ?? "unknown";
  }

  traffic(id: number): readonly TrafficSample[] {
    return this.#balancers.get(id)?.history.samples ?? [];
  }

  async #balancer(spec: LoadBalancerSpec): Promise<Balancer> {
    const known = this.#balancers.get(spec.id);
    if (known !== undefined) {
      known.spec = spec;
      return known;
    }
    const proxy = new LoadBalancerProxy(this.settings, spec.id, this.ipv6);
    const balancer: Balancer = {
      spec,
      proxy,
      history: new TrafficHistory(proxy.folder),
      health: new Map(),
      failure: undefined,
      serves: false,
      changes: 0,
      pause: { left: 0, next: 1 },
      queue: Promise.resolve(),
    };
    this.#balancers.set(spec.id, balancer);
    await this.#alone(balancer, async () => {
      await mkdir(proxy.folder, { recursive: true, mode: 0o700 });
      await balancer.history.load();
    });
    return balancer;
  }

  #follow(balancer: Balancer): Promise<void> {
    balancer.changes++;
    return this.#alone(balancer, async () => {
      try {
        const look = () => this.#look(balancer, true).catch(() => undefined);
        await balancer.proxy.apply(balancer.spec, look);
        balancer.failure = undefined;
        balancer.serves = balancer.spec.services.length > 0;
        balancer.pause = { left: 0, next: 1 };
      } catch (error) {
        const failure = error as Error;
        if (failure.message !== balancer.failure?.message) this.onProblem(failure.message);
        balancer.failure = failure;
        throw failure;
      } finally {
        balancer.changes--;
      }
    });
  }

  #tick(): void {
    this.#ticks++;
    for (const balancer of this.#balancers.values()) {
      void this.#care(balancer, this.#ticks % sampledEvery === 0).catch((error: Error) =>
        this.onProblem(`load balancer ${balancer.spec.id}: ${error.message}`),
      );
    }
  }

  async #care(balancer: Balancer, sample: boolean): Promise<void> {
    if (balancer.spec.services.length === 0) return;
    if (await balancer.proxy.runs()) {
      // A reload closes the sockets for a moment; the next look comes soon.
      await this.#alone(balancer, () => this.#look(balancer, sample)).catch(() => undefined);
      return;
    }
    // One that is only just being made has not ended.
    if (balancer.changes > 0 || (!balancer.serves && balancer.failure === undefined)) return;
    const { pause } = balancer;
    if (pause.left-- > 0) return;
    balancer.pause = { left: pause.next, next: Math.min(2 * pause.next, longestPause) };
    if (balancer.failure === undefined) {
      this.onProblem(`the proxy of load balancer ${balancer.spec.id} ended, starting it again`);
    }
    await this.#follow(balancer).catch(() => undefined);
  }

  async #look(balancer: Balancer, sample: boolean): Promise<void> {
    const { current, all } = await balancer.proxy.workers();
    const seen: Record<string, Counters> = {};
    for (const worker of sample ? all : all.slice(0, 1)) {
      const rows = parseStatistics(await balancer.proxy.statistics(worker));
      if (rows.length === 0) continue;
      seen[worker] = trafficOf(rows);
      if (worker === current) {
        balancer.health = healthOf(
          rows,
          balancer.spec.services.map(({ listenPort }) => listenPort),
        );
      }
    }
    if (sample) await balancer.history.record(seen, Math.floor(Date.now() / 1000));
  }

  #alone<T>(balancer: Balancer, work: () => Promise<T>): Promise<T> {
    const run = balancer.queue.then(work);
    balancer.queue = run.catch(() => undefined);
    return run;
  }

  async #idsOnDisk(): Promise<number[]> {
    const names = await readdir(this.settings.paths.loadBalancers).catch(() => []);
    return names.filter((name) => /^\d+$/.test(name)).map(Number);
  }

  /** Ends every proxy, known or not. */
  async removeEverything(): Promise<void> {
    this.close();
    this.#balancers.clear();
    await killProxies(this.settings);
  }
}
