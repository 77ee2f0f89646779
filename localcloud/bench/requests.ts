// Requests per second, against Prism and against what a server that does nothing reaches on this machine.
import { join } from "node:path";
import { createServer, deleteServers, ourEndpoint, type StartedDaemon } from "./cloud";
import { ask, type Endpoint, requestsPerSecond } from "./http";
import { startHaproxyLimit, startNodeLimit } from "./limits";
import { type Bench, type Peer, prismPort } from "./parts";
import { startPrism } from "./prism";
import { ownCpuSeconds } from "./processes";
import type { Measure } from "./report";
import { ratiosOf, spreadOf } from "./statistics";

const nodePort = 18_255;
const haproxyPort = 18_256;
const sliceSeconds = 3;

/** Two endpoints, while one server exists. */
export async function measureRequests(
  bench: Bench,
  daemon: StartedDaemon,
  peer: Peer | undefined,
): Promise<Measure[]> {
  const { settings, cleanUp } = bench;
  const ours = ourEndpoint(settings);
  const server = await createServer(ours, "listed", { start_after_create: false });
  const prism = peer && (await startPrism(peer.program, peer.description, prismPort));
  if (prism !== undefined) cleanUp.later("Prism", prism.stop);
  const measures: Measure[] = [];
  for (const path of ["/locations", "/servers"]) {
    const { text } = await ask(ours, "GET", path);
    const node = await startNodeLimit(nodePort, text);
    cleanUp.later("the empty Node server", node.stop);
    const haproxy = await startHaproxyLimit(haproxyPort, text, join(settings.stateDir, "limit"));
    cleanUp.later("the HAProxy of the bench", haproxy.stop);
    const loads = {
      ours: createLoad(ours, daemon.status.pid, path),
      node: createLoad(node.endpoint, node.pid, path),
      haproxy: createLoad(haproxy.endpoint, haproxy.pid, path),
      prism: prism && createLoad(prism.endpoint, prism.pid, path),
    };
    for (let round = 1; round <= bench.rounds; round++) {
      bench.progress(`GET ${path}, round ${round} of ${bench.rounds}`);
      for (const load of Object.values(loads)) await load?.run();
    }
    const theirs = prism && (await ask(prism.endpoint, "GET", path)).text;
    measures.push(...measuresOf(path, loads, [text, theirs]));
    await node.stop();
    await haproxy.stop();
  }
  await prism?.stop();
  await deleteServers(ours, [server]);
  return measures;
}

interface Loads {
  readonly ours: Load;
  readonly node: Load;
  readonly haproxy: Load;
  readonly prism: Load | undefined;
}

function measuresOf(
  path: string,
  { ours, node, haproxy, prism }: Loads,
  answers: readonly (string | undefined)[],
): Measure[] {
  const sizes = answers.filter((text) => text !== undefined).map((text) => Buffer.byteLength(text));
  const rate = {
    name: `GET ${path}`,
    unit: "requests/s",
    ours: spreadOf(ours.rates),
    note: `bytes of an answer: ${sizes.join(" and ")}`,
  };
  const cost = { name: `GET ${path}, processor time of each`, unit: "us", ours: spreadOf(ours.costs) };
  const limit = (name: string, { rates }: Load): Measure => ({
    ...rate,
    peer: { name, spread: spreadOf(rates) },
    ratio: ratiosOf(ours.rates, rates),
    note: prism
      ? `a limit of this machine: ${ratiosOf(rates, prism.rates).median.toFixed(0)} times Prism`
      : "a limit of this machine",
  });
  const limits = [limit("an empty Node server", node), limit("HAProxy with a constant", haproxy)];
  if (prism === undefined) return [rate, cost, ...limits];
  return [
    {
      ...rate,
      peer: { name: "Prism", spread: spreadOf(prism.rates) },
      ratio: ratiosOf(ours.rates, prism.rates),
      target: { is: "at least", value: 80 },
    },
    {
      ...cost,
      peer: { name: "Prism", spread: spreadOf(prism.costs) },
      ratio: ratiosOf(prism.costs, ours.costs),
    },
    ...limits,
  ];
}

type Load = ReturnType<typeof createLoad>;

/** Requests of one kind to one process: how many it answers, and what each costs it. */
function createLoad(endpoint: Endpoint, pid: number, path: string) {
  const rates: number[] = [];
  const costs: number[] = [];
  return {
    rates,
    /** Microseconds of processor time for each request; a busy machine changes them little. */
    costs,
    async run() {
      const before = await ownCpuSeconds(pid);
      const rate = await requestsPerSecond(endpoint, path, sliceSeconds);
      rates.push(rate);
      costs.push((((await ownCpuSeconds(pid)) - before) / (rate * sliceSeconds)) * 1e6);
    },
  };
}
