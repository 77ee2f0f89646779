// What a request costs on its way through load balancer and app node: today's build against the former one, and each
// hop against a direct connection and plain proxies.
import { spreadText } from "../../localcloud/bench/report";
import { ratiosOf, spreadOf } from "../../localcloud/bench/statistics";
import { ensureHostPackages } from "../../localcloud/src/linux/hostPackages";
import { projectRoot } from "../../scripts/localStack";
import { whyNoMachine } from "../../test/components/roles/database/support/machine";
import { whenSignalled } from "../../toolchain/signals";
import { formerCommit, oldBuild } from "../oldBuild";
import { publish, table } from "../publish";
import { bootPath, type Machine, plainPorts, switchTo } from "./machine";
import {
  edge,
  formerSide,
  node,
  nodePort,
  type Rendered,
  replica,
  todaysSides,
  virtualIp,
  withoutEdgeLines,
} from "./sides";
import { connectVisitor, type Visitor } from "./visitor";

export interface RequestPathOptions {
  /** Measurements of each thing. */
  readonly rounds: number;
  /** Seconds of each measurement. */
  readonly seconds: number;
  /** Whether the table goes into docs/performance.md. */
  readonly publish?: boolean;
}

/** One measurement. */
interface Sample {
  /** Requests per second of eight connections. */
  readonly rate: number;
  /** Processor microseconds of the whole machine for a request, without the client. */
  readonly cpu: number;
  /** Microseconds that one connection waits for an answer. */
  readonly wait: number;
}

const microsecondsOfTick = 10_000;

const urls: Readonly<Record<string, string>> = {
  direct: `http://${replica}:3000/`,
  "plain HAProxy": `http://${edge}:${plainPorts.haproxy}/`,
  "plain nginx": `http://${edge}:${plainPorts.nginx}/`,
  node: `http://${node}:${nodePort}/`,
  "virtual IP": `http://${virtualIp}/`,
  "virtual IP, POST": `http://${virtualIp}/`,
};

export async function benchRequestPath(options: RequestPathOptions): Promise<void> {
  const progress = (line: string) => process.stderr.write(`${line}\n`);
  const reason = whyNoMachine();
  if (reason !== undefined) throw new Error(`the bench of the request path ${reason}`);
  await ensureHostPackages(["wrk"]);
  const former = await formerSide(await oldBuild(formerCommit, progress));
  const [today, encrypted] = await todaysSides(projectRoot);
  // The machine's process alone keeps no program waiting, not even for its end.
  const awake = setInterval(() => {}, 1000);
  const machine = await bootPath();
  const visitor = await connectVisitor(machine);
  const path = { machine, visitor, sides: [today, encrypted, former, withoutEdgeLines(today)] };
  const stop = () =>
    void visitor
      .stop()
      .then(machine.stop)
      .finally(() => process.exit(130));
  whenSignalled(stop);
  const samples = new Map<string, Sample[]>();
  try {
    for (let round = 0; round < options.rounds; round++) {
      await measureRound(path, round, options.seconds, samples);
      progress(`round ${round + 1} of ${options.rounds}`);
    }
  } finally {
    await visitor.stop();
    await machine.stop();
    clearInterval(awake);
  }
  const report = reportOf(samples);
  process.stdout.write(`${report}\n`);
  if (options.publish) await publish("request-path", report);
}

/** What is measured, and from where. */
interface Path {
  readonly machine: Machine;
  readonly visitor: Visitor;
  readonly sides: readonly Rendered[];
}

/** Everything once, so that what disturbs a round disturbs all of it. */
async function measureRound(
  path: Path,
  round: number,
  seconds: number,
  samples: Map<string, Sample[]>,
): Promise<void> {
  const add = async (name: string, target: string) => {
    const sample = await measure(path, target, seconds);
    samples.set(name, [...(samples.get(name) ?? []), sample]);
  };
  for (const name of ["direct", "plain HAProxy", "plain nginx"]) await add(name, name);
  // Who comes first may find another machine than who comes last.
  for (const side of round % 2 === 0 ? path.sides : path.sides.toReversed()) {
    await switchTo(path.machine, side);
    const places = side.isBuild ? ["node", "virtual IP", "virtual IP, POST"] : ["virtual IP"];
    for (const place of places) await add(`${side.name}: ${place}`, place);
  }
}

async function measure({ machine, visitor }: Path, target: string, seconds: number): Promise<Sample> {
  const method = target.endsWith("POST") ? "POST" : "GET";
  const load = (connections: number, time: number) =>
    visitor.load(method, urls[target] ?? "", connections, time);
  await load(8, 1);
  const idle = await idleWork(machine);
  const [before, began] = [await cpuOf(machine), Date.now()];
  const busy = await load(8, seconds);
  const after = await quietCpu(machine);
  const cpu = (after - before - (idle * (Date.now() - began)) / 1000) / busy.requests;
  const alone = await load(1, Math.max(1, seconds / 2));
  await quietCpu(machine);
  return { rate: busy.rate, cpu, wait: 1_000_000 / alone.rate };
}

/** Processor microseconds that the machine takes in a second without a request, for checks of health above all. */
async function idleWork(machine: Machine): Promise<number> {
  const [before, began] = [await quietCpu(machine), Date.now()];
  await new Promise((resolve) => setTimeout(resolve, 2000));
  return ((await cpuOf(machine)) - before) / ((Date.now() - began) / 1000);
}

/** Processor microseconds of the machine, when journal, upload and archive have done what the load left them. */
async function quietCpu(machine: Machine): Promise<number> {
  let last = await cpuOf(machine);
  for (let tries = 0; tries < 60; tries++) {
    await new Promise((resolve) => setTimeout(resolve, 500));
    const now = await cpuOf(machine);
    if (now - last < 60_000) return now;
    last = now;
  }
  return last;
}

/** Of all its processes: the machines of one host may share their control groups. */
async function cpuOf(machine: Machine): Promise<number> {
  // Behind the name, which may hold spaces, user and system time are the twelfth and thirteenth word, in ticks.
  const sum =
    "cat /proc/[0-9]*/stat 2>/dev/null | sed 's/.*) //' | awk '{ ticks += $12 + $13 } END { print ticks }'";
  return Number((await machine.run(sum)).output) * microsecondsOfTick;
}

function reportOf(samples: ReadonlyMap<string, readonly Sample[]>): string {
  const of = (name: string, part: keyof Sample) => (samples.get(name) ?? []).map((sample) => sample[part]);
  const ratio = (side: string, part: keyof Sample, place: string) =>
    spreadText(ratiosOf(of(`${side}: ${place}`, part), of(`former: ${place}`, part)));
  const added = (name: string, part: keyof Sample) => {
    const direct = of("direct", part);
    return spreadText(spreadOf(of(name, part).map((value, round) => value - (direct[round] ?? 0))));
  };
  const hops = [...samples.keys()].filter((name) => name !== "direct");
  return [
    table(
      ["against the former build", "requests/s", "processor time of a request", "wait of one connection"],
      hops
        .filter((name) => name.includes(": ") && !name.startsWith("former"))
        .map((name) => {
          const [side = "", place = ""] = name.split(": ");
          return [name, ...(["rate", "cpu", "wait"] as const).map((part) => ratio(side, part, place))];
        }),
    ),
    "",
    table(
      [
        "way to a constant of 1 KB",
        "requests/s, 8 connections",
        "processor µs",
        "added to direct",
        "wait µs, 1 connection",
        "added to direct",
      ],
      [...samples.keys()].map((name) => [
        name,
        ...(["rate", "cpu", "wait"] as const).flatMap((part) => [
          spreadText(spreadOf(of(name, part))),
          ...(part === "rate" ? [] : [hops.includes(name) ? added(name, part) : "-"]),
        ]),
      ]),
    ),
  ].join("\n");
}
