// The parts of the bench: each measures one thing in rounds, both sides in turns, and says it as measures.
import { join } from "node:path";
import { setTimeout as pause } from "node:timers/promises";
import type { Progress } from "../../toolchain/cacheDir";
import type { LocalCloudSettings } from "../src/settings/cloud";
import type { CleanUp } from "./cleanUp";
import { createServer, deleteServers, ourEndpoint, type StartedDaemon, startDaemon } from "./cloud";
import { untilSshGreets } from "./http";
import { plainBoot, removePlainBoot } from "./plainBoot";
import { type StartedPrism, startPrism } from "./prism";
import { cpuSeconds, memoryOf, sharesOfTree } from "./processes";
import { untilQuiet } from "./quiet";
import type { Measure } from "./report";
import { ratiosOf, spreadOf } from "./statistics";

export interface Bench {
  readonly settings: LocalCloudSettings;
  readonly rounds: number;
  readonly progress: Progress;
  readonly cleanUp: CleanUp;
}

export interface Peer {
  readonly program: string;
  readonly description: string;
}

export const prismPort = 18_254;

/** Starts and stops the daemon of a cloud that is down; leaves it down. */
export async function measureStarts(bench: Bench, peer: Peer | undefined): Promise<Measure[]> {
  const { own, other } = await startsInTurns(bench, peer);
  const [wall, cpu] = [own.map(({ answerMs }) => answerMs), own.map(({ answerCpuMs }) => answerCpuMs)];
  const first = { name: "start until GET /locations is answered", unit: "ms", ours: spreadOf(wall) };
  const work = { name: "processor time of that", unit: "ms", ours: spreadOf(cpu) };
  const ready = {
    name: "start until networks and helpers are there too",
    unit: "ms",
    ours: spreadOf(own.map(({ readyMs }) => readyMs)),
  };
  if (peer === undefined) return [first, work, ready];
  const against = (theirs: number[], ours: number[]) => ({
    peer: { name: "Prism", spread: spreadOf(theirs) },
    ratio: ratiosOf(theirs, ours),
  });
  const prismWall = other.map(({ startMs }) => startMs);
  const prismCpu = other.map(({ startCpuMs }) => startCpuMs);
  return [
    { ...first, ...against(prismWall, wall), target: { is: "at least", value: 15 } },
    { ...work, ...against(prismCpu, cpu) },
    ready,
  ];
}

async function startsInTurns({ settings, rounds, progress, cleanUp }: Bench, peer: Peer | undefined) {
  const [own, other]: [StartedDaemon[], StartedPrism[]] = [[], []];
  // The first one compiles.
  await (await startDaemon(settings)).stop();
  for (let round = 1; round <= rounds; round++) {
    progress(`starts, round ${round} of ${rounds}`);
    await untilQuiet();
    const daemon = await startDaemon(settings);
    await daemon.stop();
    own.push(daemon);
    if (peer === undefined) continue;
    await untilQuiet();
    const prism = await startPrism(peer.program, peer.description, prismPort);
    cleanUp.later("Prism", prism.stop);
    await prism.stop();
    other.push(prism);
  }
  return { own, other };
}

/** Resident memory of a cloud without machines, half a minute after its start. */
export async function measureMemory({ progress }: Bench, daemon: StartedDaemon): Promise<Measure[]> {
  progress("idle memory");
  await pause(30_000);
  const { pid, services } = daemon.status;
  const own = await memoryOf(pid);
  const helpers = await Promise.all(
    services.map(async (service) => ({ name: service.name, share: await sharesOfTree(service.pid) })),
  );
  const sum = helpers.reduce((total, { share }) => total + share, own.share);
  const line = (name: string, megabytes: number) => ({ name, unit: "MB", ours: spreadOf([megabytes]) });
  return [
    {
      ...line("idle memory of the daemon, resident", own.resident),
      target: { is: "at most", value: 100 },
    },
    ...helpers.map(({ name, share }) => line(`idle memory of its helper ${name}`, share)),
    { ...line("idle memory of daemon and helpers", sum), note: "shared pages counted once" },
  ];
}

/** More than of other things: a boot takes a second, and one differs from the next by a tenth. */
const leastBoots = 11;

/** A server's creation until SSH, against systemd-nspawn by hand. */
export async function measureCreation(bench: Bench, image: string): Promise<Measure> {
  const { settings, progress, cleanUp } = bench;
  const rounds = Math.max(bench.rounds, leastBoots);
  const ours = ourEndpoint(settings);
  const folder = join(settings.stateDir, "plain");
  cleanUp.later("the plain machine", () => removePlainBoot(folder));
  const [own, plain]: [number[], number[]] = [[], []];
  // Nothing of either is in the page cache before.
  await plainBoot(image, folder);
  for (let round = 1; round <= rounds; round++) {
    progress(`machine until SSH, round ${round} of ${rounds}`);
    await untilQuiet();
    plain.push((await plainBoot(image, folder)) / 1000);
    await untilQuiet();
    const began = performance.now();
    const server = await createServer(ours, `one${round}`);
    await untilSshGreets(server.address, () => undefined);
    own.push((performance.now() - began) / 1000);
    await deleteServers(ours, [server]);
  }
  return {
    name: "POST /servers until SSH greets",
    unit: "s",
    ours: spreadOf(own),
    peer: { name: "plain systemd-nspawn --boot", spread: spreadOf(plain) },
    ratio: ratiosOf(own, plain),
    target: { is: "at most", value: 1.2 },
  };
}

/** Several machines at once: the time until the last one greets, against the processor time of all. */
export async function measureTogether(
  { settings, rounds, progress }: Bench,
  daemon: StartedDaemon,
  counts: readonly number[],
): Promise<Measure[]> {
  const ours = ourEndpoint(settings);
  const found = new Map(counts.map((count) => [count, { wall: [] as number[], cpu: [] as number[] }]));
  for (let round = 1; round <= rounds; round++) {
    for (const [count, { wall, cpu }] of found) {
      progress(`${count} machines together, round ${round} of ${rounds}`);
      await untilQuiet();
      const before = await cpuSeconds(settings, daemon.status.pid, []);
      const began = performance.now();
      const names = Array.from({ length: count }, (_, index) => `m${count}-${round}-${index}`);
      const servers = await Promise.all(names.map((name) => createServer(ours, name)));
      await Promise.all(servers.map(({ address }) => untilSshGreets(address, () => undefined)));
      wall.push((performance.now() - began) / 1000);
      const ids = servers.map(({ id }) => id);
      cpu.push((await cpuSeconds(settings, daemon.status.pid, ids)) - before);
      await deleteServers(ours, servers);
    }
  }
  const one = found.get(counts[0] ?? 1) ?? { wall: [], cpu: [] };
  return [...found].map(([count, { wall, cpu }], index) => {
    const times = { unit: "s", ours: spreadOf(wall), peer: { name: "processor", spread: spreadOf(cpu) } };
    const name = `${count} ${count === 1 ? "machine" : "machines together"} until SSH greets`;
    if (index === 0) return { name, ...times };
    const growth = wall.map((seconds, round) => seconds / (one.wall[round] ?? Number.NaN));
    const work = cpu.map((seconds, round) => seconds / (one.cpu[round] ?? Number.NaN));
    return {
      name,
      ...times,
      ratio: ratiosOf(growth, work),
      target: { is: "at most", value: 1 },
      note: "ratio: growth of the time over growth of processor time",
    };
  });
}
