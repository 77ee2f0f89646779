import type { ServerSpec } from "../host/contract";
import type { LocalCloudSettings } from "../settings/cloud";
import { ended } from "./boot";

export type ExitReason = "poweroff" | "reboot" | "killed";

/** What systemd-nspawn answers when the machine asked for a reboot. */
const rebootCode = 133;

interface Reactions {
  /** After every end that nobody ordered, before anybody hears of it. */
  clean(serverId: number): Promise<void>;
  serverOf(serverId: number): ServerSpec | undefined;
  bootAgain(server: ServerSpec): Promise<void>;
  onProblem(problem: string): void;
}

/** Notices when machines end, and tells of those ends that nobody ordered. */
export class ExitWatch {
  /** Machines that are being stopped by order: their end is no news. */
  readonly #ordered = new Set<number>();
  readonly #listeners: ((serverId: number, reason: ExitReason) => void)[] = [];
  /** Ends that came before there was a listener. */
  readonly #unheard: [number, ExitReason][] = [];
  readonly #watches = new Map<number, Promise<void>>();
  readonly #closed = new AbortController();

  constructor(
    private readonly settings: LocalCloudSettings,
    private readonly reactions: Reactions,
  ) {}

  close(): void {
    this.#closed.abort();
  }

  listen(listener: (serverId: number, reason: ExitReason) => void): void {
    this.#listeners.push(listener);
    for (const [id, reason] of this.#unheard.splice(0)) listener(id, reason);
  }

  /** A machine that ended while nobody watched; one that wanted a reboot is simply started by the API. */
  missed(id: number, code: number | undefined): void {
    if (code !== undefined && code !== rebootCode) this.#unheard.push([id, reasonOf(code)]);
  }

  /** From now on the end of this machine is ordered, or is news again. */
  setOrdered(id: number, ordered: boolean): void {
    if (ordered) this.#ordered.add(id);
    else this.#ordered.delete(id);
  }

  /** Resolves when the watch of a machine's earlier life is over. */
  async settled(id: number): Promise<void> {
    await this.#watches.get(id);
  }

  watch(id: number): void {
    const watch = this.#follow(id)
      .catch((error: Error) => {
        if (error.name !== "AbortError") this.reactions.onProblem(`server ${id}: ${error.message}`);
      })
      .finally(() => this.#watches.delete(id));
    this.#watches.set(id, watch);
  }

  async #follow(id: number): Promise<void> {
    const code = await ended(this.settings, id, this.#closed.signal);
    if (this.#ordered.has(id) || this.#closed.signal.aborted) return;
    await this.reactions.clean(id);
    const reason = reasonOf(code);
    // As it is before the listeners forget a rescue system that this boot uses up.
    const server = this.reactions.serverOf(id);
    for (const listener of this.#listeners) listener(id, reason);
    if (reason === "reboot" && server !== undefined) void this.reactions.bootAgain(server);
  }
}

function reasonOf(code: number | undefined): ExitReason {
  if (code === rebootCode) return "reboot";
  return code === 0 ? "poweroff" : "killed";
}
