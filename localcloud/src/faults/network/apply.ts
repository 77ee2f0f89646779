import { stat } from "node:fs/promises";
import { execa } from "execa";
import { refuse } from "../../contract/errors";
import { applyRules, listNamespaces } from "../../linux/ip";
import { replaceTable } from "../../linux/nft";
import type { LocalCloudSettings } from "../../settings/cloud";
import { isRouter } from "../../settings/names";
import { faultTable, type PortDelay, type RouterFaults } from "./plan";

/** What one router holds, as this process has put it there. */
interface Loaded {
  /** Tells a namespace from a later one of the same name. */
  readonly inode: number;
  readonly rules: string;
}

/** Brings the routers to the planned faults, and takes away what is planned no longer. */
export class RouterFaultApplier {
  readonly #loaded = new Map<string, Loaded>();
  #lookedBack = false;

  constructor(private readonly settings: LocalCloudSettings) {}

  /** Once: what a daemon before this one has left in the routers is ours, and goes when it is not planned. */
  async lookBack(): Promise<void> {
    if (this.#lookedBack) return;
    for (const namespace of await listNamespaces()) {
      if (isRouter(this.settings, namespace)) this.#loaded.set(namespace, { inode: 0, rules: "" });
    }
    this.#lookedBack = true;
  }

  async apply(planned: ReadonlyMap<string, RouterFaults>): Promise<void> {
    if (planned.size === 0 && this.#loaded.size === 0) return;
    const present = new Set(await listNamespaces());
    for (const namespace of new Set([...this.#loaded.keys(), ...planned.keys()])) {
      const faults = planned.get(namespace);
      if (!present.has(namespace)) this.#loaded.delete(namespace);
      else if (faults === undefined) await this.#clear(namespace);
      else await this.#bring(namespace, faults);
    }
  }

  async #bring(namespace: string, { rules, delays }: RouterFaults): Promise<void> {
    const { ino: inode } = await stat(`/run/netns/${namespace}`);
    const loaded = this.#loaded.get(namespace);
    if (loaded?.inode !== inode || loaded.rules !== rules) {
      await applyRules(namespace, replaceTable(faultTable, rules));
      this.#loaded.set(namespace, { inode, rules });
    }
    const wanted = new Set(delays.map(({ port }) => port));
    for (const port of await delayedPorts(namespace)) {
      if (!wanted.has(port)) await removeDelay(namespace, port);
    }
    for (const delay of delays) await setDelay(namespace, delay);
  }

  async #clear(namespace: string): Promise<void> {
    // Made first where it is missing, so that deleting it never fails.
    await applyRules(namespace, `table inet ${faultTable} {}\ndelete table inet ${faultTable}\n`);
    for (const port of await delayedPorts(namespace)) await removeDelay(namespace, port);
    this.#loaded.delete(namespace);
  }
}

async function setDelay(namespace: string, { port, delayMs, jitterMs }: PortDelay): Promise<void> {
  const jitter = jitterMs > 0 ? [`${jitterMs}ms`] : [];
  const delay = ["netem", "limit", "10000", "delay", `${delayMs}ms`, ...jitter];
  const { exitCode, stderr } = await execa(
    "tc",
    ["-n", namespace, "qdisc", "replace", "dev", port, "root", ...delay],
    { reject: false },
  );
  // A machine that is off has no port now; it gets its delay with the port.
  if (exitCode === 0 || /Cannot find device/.test(stderr)) return;
  throw new Error(`tc ${namespace} ${port}: ${stderr}`);
}

async function removeDelay(namespace: string, port: string): Promise<void> {
  await execa("tc", ["-n", namespace, "qdisc", "del", "dev", port, "root"], { reject: false });
}

/** Ports with a netem of ours; the routers have none by themselves. */
async function delayedPorts(namespace: string): Promise<string[]> {
  const { stdout } = await execa("tc", ["-n", namespace, "-json", "qdisc", "show"], { reject: false });
  const found = JSON.parse(stdout === "" || stdout === undefined ? "[]" : stdout) as {
    kind?: string;
    dev?: string;
  }[];
  return found.flatMap(({ kind, dev }) => (kind === "netem" && dev !== undefined ? [dev] : []));
}

/**
 * Refuses a delay on a kernel without netem.
 *
 * @throws ControlError
 */
export async function requireNetem(path: string, value: number): Promise<void> {
  // On the loopback of a namespace that lives only as long as the question.
  const script = "tc qdisc add dev lo root netem delay 1ms";
  const { exitCode, stderr } = await execa("unshare", ["--net", "sh", "-c", script], { reject: false });
  if (exitCode === 0) return;
  throw refuse(
    path,
    value,
    `this host's kernel cannot delay packets (module sch_netem: ${stderr.trim().split("\n")[0]}); loss works without it`,
  );
}
