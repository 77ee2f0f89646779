import { mkdir, rm } from "node:fs/promises";
import { join } from "node:path";
import { writeAtomically } from "../linux/files";
import { type Service, signalService, stopServices, supervise } from "../linux/services";
import type { LocalCloudSettings } from "../settings/cloud";
import {
  changesHands,
  configurationFile,
  type DhcpPlan,
  dhcpFiles,
  type GivenLeases,
  hostsFile,
} from "./dhcp";
import type { RouterPlan } from "./planTypes";

interface Running {
  readonly configuration: string;
  readonly hosts: string;
  readonly given: GivenLeases;
  readonly stop: AbortController;
}

/** One dnsmasq in each router's namespace, started, told of changes and stopped as the plan wants. */
export class DhcpServers {
  readonly #running = new Map<string, Running>();

  constructor(
    private readonly settings: LocalCloudSettings,
    private readonly log: (line: string) => void,
  ) {}

  /** Idempotent; costs nothing when nothing changed. Calls must not overlap. */
  async reconcile(routers: readonly RouterPlan[]): Promise<void> {
    const wanted = new Set(
      routers.filter(({ dhcp }) => dhcp !== undefined).map(({ namespace }) => namespace),
    );
    for (const namespace of this.#running.keys()) {
      if (!wanted.has(namespace)) await this.#stop(namespace);
    }
    for (const { namespace, dhcp } of routers) if (dhcp !== undefined) await this.#serve(namespace, dhcp);
  }

  /** Stops watching; the servers go on, and the next daemon replaces them. */
  close(): void {
    for (const { stop } of this.#running.values()) stop.abort();
    this.#running.clear();
  }

  async #serve(namespace: string, plan: DhcpPlan): Promise<void> {
    const folder = join(this.settings.paths.dhcp, namespace);
    const files = dhcpFiles(plan, folder);
    const running = this.#running.get(namespace);
    if (running?.configuration === files.configuration && running.hosts === files.hosts) return;
    await mkdir(folder, { recursive: true });
    await writeAtomically(join(folder, hostsFile), files.hosts);
    const leases = plan.leases.map(({ ip, macAddress }) => [ip, macAddress] as const);
    if (running?.configuration === files.configuration && !changesHands(running.given, plan)) {
      signalService(this.settings, serviceName(this.settings, namespace), "SIGHUP");
      const given = new Map([...running.given, ...leases]);
      this.#running.set(namespace, { ...running, hosts: files.hosts, given });
      return;
    }
    await this.#stop(namespace);
    await writeAtomically(join(folder, configurationFile), files.configuration);
    const stop = new AbortController();
    this.#running.set(namespace, { ...files, given: new Map(leases), stop });
    await supervise(this.settings, serviceOf(this.settings, namespace), stop.signal, this.log);
  }

  /** Also one that another daemon left. */
  async #stop(namespace: string): Promise<void> {
    this.#running.get(namespace)?.stop.abort();
    this.#running.delete(namespace);
    const name = serviceName(this.settings, namespace);
    await stopServices(this.settings, (candidate) => candidate === name);
    await rm(join(this.settings.paths.dhcp, namespace, configurationFile), { force: true });
  }
}

/** `hp-n12` to `dhcp-n12`. */
const serviceName = (settings: LocalCloudSettings, namespace: string) =>
  `dhcp-${namespace.slice(settings.name.length + 1)}`;

function serviceOf(settings: LocalCloudSettings, namespace: string): Service {
  const configuration = join(settings.paths.dhcp, namespace, configurationFile);
  return {
    name: serviceName(settings, namespace),
    command: "nsenter",
    args: [
      `--net=/run/netns/${namespace}`,
      "/usr/sbin/dnsmasq",
      "--keep-in-foreground",
      `--conf-file=${configuration}`,
    ],
  };
}
