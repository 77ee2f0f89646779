import { type ChildProcess, spawn } from "node:child_process";
import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { execa } from "execa";
import { ensureTool } from "../../../../../toolchain/build";
import type { CommandResult, TestMachine } from "../../database/support/machine";
import { type Authority, authorityFiles, authorityIn } from "./acmeAuthority";
import { type ZoneWorld, zoneIn } from "./acmeZone";
import { bootEdge } from "./edgeMachine";
import { edge1, edge2 } from "./options";
import { ended, floatingIp, worldIp } from "./outsideWorld";
import { until } from "./until";
import { zoneServers } from "./zoneStandIn";

/** Two load balancers, what is outside of them, and a real ACME server there. */
export interface AcmeWorld extends Authority, ZoneWorld {
  readonly machines: readonly [TestMachine, TestMachine];
  /** Process outside of the machines, for nsenter. */
  readonly pid: number;
  /** PEM of the authority of the ACME server's own certificate. */
  readonly root: string;
  /**
   * Visitors and the ACME server come to this machine from now on.
   *
   * @param owner whom the agents name @default - the same
   */
  lead(to: 0 | 1, owner?: 0 | 1): Promise<void>;
  /** Bash outside of the machines. */
  outside(script: string): Promise<CommandResult>;
  stop(): Promise<void>;
}

/** @param names that lead to the floating IP */
export async function acmeWorld(names: readonly string[]): Promise<AcmeWorld> {
  const pebble = await ensureTool("pebble", () => {});
  const folder = await mkdtemp(join(tmpdir(), "platform-acme-"));
  const world = startWorld();
  const machines = await Promise.all([bootEdge(edge1.hostname), bootEdge(edge2.hostname)]);
  await connect(world.pid ?? 0, machines, names);
  const root = await authorityFiles(folder, names);
  const outside = (script: string) => enter(world.pid ?? 0, script);
  const authority = authorityIn(folder, pebble, world.pid ?? 0, outside);
  const zone = zoneIn(world.pid ?? 0, outside);
  return {
    machines,
    pid: world.pid ?? 0,
    root,
    lead: (to, owner = to) => lead(to, owner, machines, outside),
    outside,
    ...authority,
    ...zone,
    stop: async () => {
      await authority.stopAuthority();
      await zone.stopZone();
      await Promise.all(machines.map((machine) => machine.stop()));
      await ended(world);
      await rm(folder, { recursive: true, force: true });
    },
  };
}

/** A network of its own that ends with this process. */
function startWorld(): ChildProcess {
  return spawn("setpriv", ["--pdeathsig", "KILL", "unshare", "--net", "sleep", "infinity"], {
    stdio: "ignore",
  });
}

async function enter(pid: number, script: string): Promise<CommandResult> {
  const result = await execa("nsenter", ["--target", `${pid}`, "--net", "bash", "-s"], {
    input: `set -euo pipefail\n${script}\n`,
    reject: false,
    all: true,
    timeout: 120_000,
  });
  return { exitCode: result.exitCode ?? -1, output: result.all ?? "" };
}

/** One private network for all three, the floating address on both load balancers, and names that lead to it. */
async function connect(
  world: number,
  machines: readonly TestMachine[],
  names: readonly string[],
): Promise<void> {
  await until(async () => (await enter(world, "ip link set lo up")).exitCode === 0, 5_000);
  const self = await readFile("/proc/self/net/dev", "utf8");
  const other = await readFile(`/proc/${world}/net/dev`, "utf8");
  if (self === other) throw new Error("the outside has no network of its own");
  const cables = machines.map(
    ({ init }, index) =>
      `ip link add m${index} type veth peer name eth0 netns ${init}; ip link set m${index} master bridge up`,
  );
  const { exitCode, output } = await enter(
    world,
    `ip link add bridge type bridge; ip address add ${worldIp}/24 dev bridge; ip link set bridge up\n${cables.join("\n")}`,
  );
  if (exitCode !== 0) throw new Error(output);
  await Promise.all(
    machines.map((machine, index) =>
      machine.succeed(`echo '${floatingIp} ${names.join(" ")}' >>/etc/hosts
echo '${worldIp} ${zoneServers}' >>/etc/hosts
ip address add ${[edge1, edge2][index]?.privateIp}/24 dev eth0
ip link set eth0 up
ip address add ${floatingIp}/32 dev lo`),
    ),
  );
}

async function lead(
  to: 0 | 1,
  owner: 0 | 1,
  machines: readonly TestMachine[],
  outside: (script: string) => Promise<CommandResult>,
): Promise<void> {
  const way = await outside(`ip route replace ${floatingIp}/32 via ${[edge1, edge2][to]?.privateIp}`);
  if (way.exitCode !== 0) throw new Error(way.output);
  await Promise.all(
    machines.map((machine, index) =>
      machine.succeed(`mkdir -p /run/floating-ip-agent
echo '{"server": ${index + 1}, "owner": ${owner + 1}}' >/run/floating-ip-agent/state.json`),
    ),
  );
}
