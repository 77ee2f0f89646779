import { createHash } from "node:crypto";
import { mkdir, open, readdir, readFile, rename, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { execa } from "execa";
import type { LoadBalancerSpec } from "../host/contract";
import { writeAtomically } from "../linux/files";
import { isAlive, type ProcessIdentity, signal } from "../linux/processes";
import type { LocalCloudSettings } from "../settings/cloud";
import { namesOf } from "../settings/names";
import { certificateFiles, listName } from "./certificateFiles";
import { ask } from "./commandSocket";
import { haproxyConfig } from "./haproxy";
import { findProxies, isInNamespace, killProxies } from "./processes";
import { parseWorkers, type Workers } from "./statistics";

/** How long a start or a reload may take, in milliseconds. */
const patienceMs = 15_000;

/**
 * HAProxy of one load balancer, in the load balancer's network namespace. It outlives the daemon: the next one
 * finds it by its configuration's path and leaves it alone while it serves what it should.
 */
export class LoadBalancerProxy {
  readonly folder: string;
  readonly #namespace: string;
  /** Digest of what the running proxy serves; undefined until it is known. */
  #loaded: string | undefined;
  #master: ProcessIdentity | undefined;
  #isStopped = false;

  constructor(
    private readonly settings: LocalCloudSettings,
    readonly id: number,
    private readonly ipv6: boolean,
  ) {
    this.folder = join(settings.paths.loadBalancers, String(id));
    this.#namespace = namesOf(settings).loadBalancer(id);
  }

  /**
   * Lets the proxy serve this: starts it, or reloads it without losing a connection, or does nothing.
   *
   * @param beforeReload last look at the worker that is about to be replaced
   * @throws when HAProxy refuses the configuration or does not come up, with what it said
   */
  async apply(spec: LoadBalancerSpec, beforeReload: () => Promise<void>): Promise<void> {
    if (spec.services.length === 0) return this.#isStopped ? undefined : this.#stop();
    const config = haproxyConfig(spec, { ipv6: this.ipv6, paths: this.#paths() });
    const files = certificateFiles(spec, this.#in("certificates"));
    const digest = createHash("sha256")
      .update(JSON.stringify([config, files]))
      .digest("hex");
    const running = await this.#findMaster();
    if (running !== undefined && (await this.#loadedDigest()) === digest) return;
    await this.#writeFiles(config, files);
    await this.#check();
    await rename(this.#in("haproxy.cfg.new"), this.#in("haproxy.cfg"));
    if (running === undefined) await this.#start();
    else {
      await beforeReload();
      await this.#reload(running);
    }
    await writeAtomically(this.#in("loaded"), digest);
    this.#loaded = digest;
    await this.#forgetOldCertificates(new Set(files.map(({ name }) => name)));
  }

  /** Whether its master runs; asks nothing but the kernel. */
  async runs(): Promise<boolean> {
    return this.#master !== undefined && (await isAlive(this.#master));
  }

  workers(): Promise<Workers> {
    return ask(this.#in("master.sock"), "show proc").then(parseWorkers);
  }

  /** `show stat` of one worker. */
  statistics(worker: number): Promise<string> {
    return ask(this.#in("master.sock"), `@!${worker} show stat -1 7 -1`);
  }

  async remove(): Promise<void> {
    await this.#stop();
    await rm(this.folder, { recursive: true, force: true });
  }

  readonly #in = (name: string) => join(this.folder, name);

  #paths() {
    return {
      socket: this.#in("stats.sock"),
      serverState: this.#in("servers.state"),
      certificateList: (port: number) => join(this.#in("certificates"), listName(port)),
    };
  }

  async #stop(): Promise<void> {
    await killProxies(this.settings, (id) => id === this.id);
    this.#isStopped = true;
    this.#master = undefined;
    this.#loaded = undefined;
    await rm(this.#in("loaded"), { force: true });
  }

  /** The master that runs in the load balancer's namespace; one in a namespace that is gone serves nobody. */
  async #findMaster(): Promise<ProcessIdentity | undefined> {
    if (!(await this.runs())) this.#master = (await findProxies(this.settings)).get(this.id)?.master;
    if (this.#master !== undefined && !(await isInNamespace(this.#master.pid, this.#namespace)))
      await this.#stop();
    return this.#master;
  }

  async #loadedDigest(): Promise<string | undefined> {
    this.#loaded ??= await readFile(this.#in("loaded"), "utf8").catch(() => undefined);
    return this.#loaded;
  }

  async #writeFiles(config: string, files: ReturnType<typeof certificateFiles>): Promise<void> {
    const certificates = this.#in("certificates");
    await mkdir(certificates, { recursive: true, mode: 0o700 });
    for (const { name, content } of files) await this.#writeSecret(join(certificates, name), content);
    await writeFile(this.#in("haproxy.cfg.new"), config, { mode: 0o600 });
    // Version 1 and no server: HAProxy warns when the file is missing.
    await writeFile(this.#in("servers.state"), "1\n", { flag: "wx", mode: 0o600 }).catch(() => undefined);
  }

  /** Whole or not at all: the proxy may read it at any time. */
  async #writeSecret(path: string, content: string): Promise<void> {
    const partial = `${path}.partial`;
    await rm(partial, { force: true });
    await writeFile(partial, content, { mode: 0o600 });
    await rename(partial, path);
  }

  async #check(): Promise<void> {
    const { exitCode, stderr } = await execa("haproxy", ["-c", "-f", this.#in("haproxy.cfg.new")], {
      reject: false,
    });
    if (exitCode !== 0) throw new Error(`HAProxy refuses load balancer ${this.id}: ${alerts(stderr ?? "")}`);
  }

  async #start(): Promise<void> {
    // Workers whose master was killed still hold the ports.
    await this.#stop();
    this.#isStopped = false;
    const log = await open(this.#in("haproxy.log"), "a", 0o600);
    try {
      const child = this.#launch(log.fd);
      let ended = false;
      void child.then(() => {
        ended = true;
      });
      await this.#until("start", async () => {
        if (ended) throw new Error("it ended");
        return (await this.workers()).current !== undefined;
      });
      this.#master = (await findProxies(this.settings)).get(this.id)?.master;
    } finally {
      await log.close();
    }
  }

  /** As a process that outlives this one. */
  #launch(log: number) {
    const socket = `${this.#in("master.sock")},mode,600,level,admin`;
    const haproxy = ["haproxy", "-W", "-f", this.#in("haproxy.cfg"), "-S", socket];
    const child = execa("nsenter", [`--net=/run/netns/${this.#namespace}`, ...haproxy], {
      detached: true,
      cleanup: false,
      reject: false,
      buffer: false,
      stdin: "ignore",
      stdout: log,
      stderr: log,
    });
    child.unref();
    return child;
  }

  /** HAProxy's own way: the master reads the configuration anew, and the next worker inherits the listeners. */
  async #reload(master: ProcessIdentity): Promise<void> {
    const before = await this.workers().catch(() => ({ all: [] as readonly number[] }));
    // Without it a target that is down would be taken for healthy until its checks fail again.
    const state = await ask(this.#in("stats.sock"), "show servers state").catch(() => "1\n");
    await writeAtomically(this.#in("servers.state"), state);
    signal(master.pid, "SIGUSR2");
    await this.#until("reload", async () => {
      if (!(await isAlive(master))) throw new Error("its master ended");
      const { current } = await this.workers();
      return current !== undefined && !before.all.includes(current);
    });
  }

  async #until(what: string, isDone: () => Promise<boolean>): Promise<void> {
    const deadline = Date.now() + patienceMs;
    for (;;) {
      const done = await isDone().catch((error: NodeJS.ErrnoException) =>
        isPassing(error) ? false : this.#failed(what, error.message),
      );
      if (done) return;
      if (Date.now() > deadline) await this.#failed(what, `not within ${patienceMs / 1000} s`);
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
  }

  async #failed(what: string, why: string): Promise<never> {
    const log = await readFile(this.#in("haproxy.log"), "utf8").catch(() => "");
    const said = log.trim().split("\n").slice(-5).join("\n");
    throw new Error(`the proxy of load balancer ${this.id} did not ${what}: ${why}\n${said}`);
  }

  async #forgetOldCertificates(wanted: ReadonlySet<string>): Promise<void> {
    const folder = this.#in("certificates");
    for (const name of await readdir(folder)) {
      if (!wanted.has(name)) await rm(join(folder, name), { force: true });
    }
  }
}

/** The sockets are away for a moment while the master makes itself anew. */
function isPassing({ code }: NodeJS.ErrnoException): boolean {
  return ["ENOENT", "ECONNREFUSED", "ECONNRESET", "EPIPE", "ETIMEDOUT"].includes(code ?? "");
}

const alerts = (text: string) =>
  text
    .split("\n")
    .filter((line) => line.includes("[ALERT]"))
    .join("\n");
