// One name server on loopback for a test, run as the daemon runs it.
import { type ChildProcess, spawn } from "node:child_process";
import { Resolver } from "node:dns/promises";
import { existsSync } from "node:fs";
import { mkdtemp, rm } from "node:fs/promises";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { defaultSoa } from "../../src/dns/authority";
import type { RecordType } from "../../src/dns/recordData";
import type { RecordSpec, ZoneSpec } from "../../src/host/contract";
import type { Service } from "../../src/linux/services";
import { createNameServer, type NameServer } from "../../src/nameServer/nameServer";
import type { Names } from "../../src/nameServer/publication";

/** Why the name server cannot run here; undefined when it can. */
export function whyNoNameServer(): string | undefined {
  if (process.getuid?.() !== 0) return "it needs root, to give its rights up";
  return existsSync("/usr/sbin/nsd") || existsSync("/usr/bin/apt-get") ? undefined : "there is no nsd";
}

export async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const address = server.address();
  await new Promise((resolve) => server.close(resolve));
  return typeof address === "object" && address !== null ? address.port : 0;
}

export class TestNameServer {
  readonly problems: string[] = [];
  published = 0;
  child: ChildProcess | undefined;
  private service: Service | undefined;
  private constructor(
    readonly folder: string,
    readonly port: number,
    readonly server: NameServer,
  ) {}

  static async start(names: Names = { zones: [], pointers: {} }): Promise<TestNameServer> {
    const folder = await mkdtemp(join(tmpdir(), "localcloud-dns-"));
    const port = await freePort();
    const made: { test?: TestNameServer } = {};
    const server = createNameServer({
      folder,
      listeners: [{ address: "127.0.0.1", port }],
      ranges: { ipv4: ["198.51.100.0/24", "203.0.113.0/24"], ipv6: "2001:db8::/32" },
      onPublished: async () => {
        if (made.test !== undefined) made.test.published++;
      },
      onProblem: (problem) => made.test?.problems.push(problem),
    });
    const test = new TestNameServer(folder, port, server);
    made.test = test;
    test.service = await server.prepare(names);
    test.run();
    return test;
  }

  run() {
    if (this.service === undefined) throw new Error("not prepared");
    this.child = spawn(this.service.command, [...this.service.args], { stdio: "ignore" });
  }

  async end(signal: NodeJS.Signals = "SIGTERM") {
    const { child } = this;
    if (child === undefined || child.exitCode !== null || child.signalCode !== null) return;
    await new Promise((resolve) => {
      child.once("exit", resolve);
      child.kill(signal);
    });
  }

  async stop() {
    this.server.close();
    await this.end();
    await rm(this.folder, { recursive: true });
  }

  get resolver(): Resolver {
    const resolver = new Resolver({ timeout: 1000, tries: 2 });
    resolver.setServers([`127.0.0.1:${this.port}`]);
    return resolver;
  }
}

export const record = (name: string, type: RecordType, value: string, ttl = 300): RecordSpec => ({
  name,
  type,
  ttl,
  value,
});

/** A primary zone with what every zone has. */
export function primaryZone(
  id: number,
  name: string,
  serial: number,
  records: readonly RecordSpec[] = [],
): ZoneSpec {
  const own = [record("@", "SOA", defaultSoa(serial)), record("@", "NS", "hydrogen.ns.hetzner.com.")];
  return { id, name, contents: { mode: "primary", records: [...own, ...records] } };
}
