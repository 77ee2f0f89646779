import assert from "node:assert/strict";
import { type ChildProcess, fork } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout } from "node:timers/promises";
import type { Host } from "../../src/host/contract";
import type { HostReply, HostRequest } from "./crashChild";
import { MemoryHost } from "./memoryHost";
import { type Json, TOKEN } from "./testCloud";

/** When the API dies: before its machine room does what it was asked for, or after it and without its answer. */
export interface Moment {
  readonly method: keyof Host;
  /** From 1 on, of the calls of this method. */
  readonly ordinal: number;
  readonly when: "before" | "after";
}

/** A local cloud that dies again and again, and a client that does not give up. */
export class DyingCloud {
  readonly host = new MemoryHost();
  readonly directory = mkdtempSync(join(tmpdir(), "localcloud-crash-"));
  deaths = 0;
  /** Asked at each call of the machine room, twice. */
  dies: (moment: Moment) => boolean = () => false;
  /** Awaited before each call of the machine room does anything. */
  pace: () => Promise<void> = async () => undefined;
  private readonly calls = new Map<string, number>();
  private child: ChildProcess | null = null;
  private address: Promise<string> = Promise.reject(new Error("not started"));

  constructor() {
    this.address.catch(() => undefined);
    this.host.gate = () => this.pace();
  }

  start() {
    const child = fork(join(__dirname, "crashChild.ts"), [this.directory, TOKEN], {
      execArgv: ["--import", "tsx", "--disable-warning=ExperimentalWarning"],
    });
    this.child = child;
    this.address = new Promise((resolve, reject) => {
      child.on("exit", () => reject(new Error("died")));
      child.on("message", (message: HostRequest | { address: string }) => {
        if ("address" in message) resolve(message.address);
        else void this.serve(child, message);
      });
    });
    this.address.catch(() => undefined);
  }

  private async serve(child: ChildProcess, { call, method, args }: HostRequest) {
    const ordinal = (this.calls.get(method) ?? 0) + 1;
    this.calls.set(method, ordinal);
    if (this.dies({ method, ordinal, when: "before" })) return this.dieAndRise();
    const reply = await this.perform(method, args).then(
      (result): HostReply => ({ call, result: result instanceof Set ? [...result] : result }),
      (error: Error): HostReply => ({ call, error: error.message }),
    );
    if (this.dies({ method, ordinal, when: "after" })) return this.dieAndRise();
    // The answer to a dead process is lost, the work is done: as with real machines.
    if (child.connected) child.send(reply);
  }

  private perform(method: keyof Host, args: readonly unknown[]): Promise<unknown> {
    const perform = this.host[method] as (...all: readonly unknown[]) => Promise<unknown>;
    return perform.apply(this.host, [...args]);
  }

  private async dieAndRise() {
    await this.kill();
    this.start();
  }

  async kill() {
    const { child } = this;
    if (child === null) return;
    child.kill("SIGKILL");
    await once(child, "exit");
    assert.equal(child.signalCode, "SIGKILL");
    this.deaths++;
  }

  /** Asks until somebody answers. */
  async call(method: string, path: string, body?: unknown): Promise<{ status: number; body: Json }> {
    for (;;) {
      try {
        const response = await fetch(`${await this.address}/v1${path}`, {
          method,
          headers: { authorization: `Bearer ${TOKEN}`, "content-type": "application/json" },
          body: body === undefined ? undefined : JSON.stringify(body),
        });
        const text = await response.text();
        return { status: response.status, body: text === "" ? null : JSON.parse(text) };
      } catch {
        await setTimeout(5);
      }
    }
  }

  /** Creates what is not there yet; an answer may have been lost with the process. */
  async ensure(kind: string, body: { name: string } & Json): Promise<Json> {
    const one = kind.slice(0, -1);
    const { status, body: answer } = await this.call("POST", `/${kind}`, body);
    if (status === 201) return answer[one];
    assert.equal(answer.error.code, "uniqueness_error", JSON.stringify(answer));
    return (await this.call("GET", `/${kind}?name=${body.name}`)).body[kind][0];
  }

  async idle() {
    for (;;) {
      const { body } = await this.call("GET", "/servers/actions?status=running");
      const volumes = await this.call("GET", "/volumes/actions?status=running");
      if (body.meta.pagination.total_entries + volumes.body.meta.pagination.total_entries === 0) return;
      await setTimeout(20);
    }
  }
}

/** What the client wants in the end, step by step: each step is asked until it is true. */
export async function work(cloud: DyingCloud) {
  const subnets = [{ type: "cloud", network_zone: "eu-central", ip_range: "10.0.1.0/24" }];
  const network = await cloud.ensure("networks", { name: "n", ip_range: "10.0.0.0/16", subnets });
  for (let n = 0; n < 12; n++) {
    const server = await cloud.ensure("servers", {
      name: `s${n}`,
      server_type: "cx23",
      image: "debian-13",
      location: "fsn1",
      networks: [network.id],
    });
    await cloud.idle();
    await cloud.ensure("volumes", { name: `v${n}`, size: 10, server: server.id });
    if (n % 4 === 3) {
      await cloud.idle();
      await cloud.call("DELETE", `/servers/${server.id}`);
    }
  }
  await cloud.idle();
}

/** What must be there after {@link work}, once each, and known to API and machine room alike. */
export async function assertNothingLostOrDoubled(cloud: DyingCloud): Promise<void> {
  const all = async (kind: string): Promise<Json[]> =>
    (await cloud.call("GET", `/${kind}?per_page=50`)).body[kind];
  const servers = await all("servers");
  assert.deepEqual(servers.map(({ name }) => name).sort(), [
    "s0",
    "s1",
    "s10",
    "s2",
    "s4",
    "s5",
    "s6",
    "s8",
    "s9",
  ]);
  for (const server of servers) assert.equal(server.status, "running", server.name);
  assert.deepEqual([...cloud.host.machines].sort(), servers.map(({ id }) => id).sort());
  assert.deepEqual([...cloud.host.alive.keys()].sort(), servers.map(({ id }) => id).sort());
  const addresses = servers.flatMap(({ public_net, private_net }) => [
    public_net.ipv4.ip,
    public_net.ipv6.ip,
    private_net[0].ip,
  ]);
  assert.equal(new Set(addresses).size, addresses.length);
  assert.equal((await all("primary_ips")).length, 2 * servers.length);
  const volumes = await all("volumes");
  assert.equal(volumes.length, 12);
  assert.deepEqual([...cloud.host.volumes.keys()].sort(), volumes.map(({ id }) => id).sort());
  for (const volume of volumes) assert.equal(cloud.host.volumes.get(volume.id)?.serverId, volume.server);
  const failed = (await cloud.call("GET", "/servers/actions?status=error")).body.actions;
  assert.deepEqual(failed, []);
}
