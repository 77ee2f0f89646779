import { createHash } from "node:crypto";
import { setTimeout as pause, setImmediate as yieldToEvents } from "node:timers/promises";
import type { FastifyBaseLogger } from "fastify";
import type Redis from "ioredis";
import type { Config } from "./config";
import { type Dependencies, messageOf } from "./dependencies";
import { announceForgotten, findJob, finishJob, group, type JobResult, stream } from "./jobs";
import type { Lifecycle } from "./lifecycle";
import type { Metrics } from "./metrics";
import { openBlockingRedis } from "./redis";

const blockMs = 1000;
const forgottenSeconds = 60;

interface Entry {
  readonly entryId: string;
  readonly jobId: string;
}

/**
 * Takes one job after the other until the stop signal, and finishes the one it has. An entry leaves the
 * stream only after its result is stored, so that a job survives its worker.
 */
export async function runWorker(
  config: Config,
  dependencies: Dependencies,
  lifecycle: Lifecycle,
  metrics: Metrics,
  log: FastifyBaseLogger,
): Promise<void> {
  const name = `${config.node}/${config.mode}-${config.replica}`;
  const reader = openBlockingRedis(
    config,
    (error) => log.warn({ error: error.message }, "queue lost"),
    blockMs,
  );
  const takeoverMs = config.workerTakeoverSeconds * 1000;
  let lastSweep = 0;
  while (!lifecycle.stopping.aborted) {
    try {
      if (Date.now() - lastSweep > (forgottenSeconds * 1000) / 2) {
        lastSweep = Date.now();
        await sweep(dependencies, log);
      }
      const entry = await nextEntry(reader, dependencies.redis, name, takeoverMs);
      if (entry === undefined) continue;
      await keepClaimed(dependencies.redis, name, entry, takeoverMs / 3, () =>
        work(config, dependencies, name, entry, metrics, log),
      );
    } catch (error) {
      log.warn({ error: messageOf(error) }, "job not done, will be taken again");
      await pause(500, undefined, { signal: lifecycle.stopping }).catch(() => {});
    }
  }
  reader.disconnect();
}

async function sweep({ database, redis }: Dependencies, log: FastifyBaseLogger): Promise<void> {
  await redis.xgroup("CREATE", stream, group, "0", "MKSTREAM").catch((error: Error) => {
    if (!error.message.startsWith("BUSYGROUP")) throw error;
  });
  const forgotten = await announceForgotten(database, redis, forgottenSeconds);
  if (forgotten > 0) log.info({ jobs: forgotten }, "announced again");
}

/** A job whose worker has not been heard of for `takeoverMs`, else a new one, else nothing after a second. */
async function nextEntry(
  reader: Redis,
  redis: Redis,
  name: string,
  takeoverMs: number,
): Promise<Entry | undefined> {
  try {
    const claimed = await redis.xautoclaim(stream, group, name, takeoverMs, "0-0", "COUNT", 1);
    const taken = firstEntry(claimed[1]);
    if (taken !== undefined) return taken;
    const read = await reader.xreadgroup(
      "GROUP",
      group,
      name,
      "COUNT",
      1,
      "BLOCK",
      blockMs,
      "STREAMS",
      stream,
      ">",
    );
    return firstEntry((read as [string, unknown][] | null)?.[0]?.[1]);
  } catch (error) {
    // Redis came back empty: without its group nothing can be read.
    if (messageOf(error).startsWith("NOGROUP")) {
      await redis.xgroup("CREATE", stream, group, "0", "MKSTREAM").catch(() => {});
    }
    throw error;
  }
}

function firstEntry(entries: unknown): Entry | undefined {
  const first = (entries as [string, string[]][] | undefined)?.[0];
  return first === undefined ? undefined : { entryId: first[0], jobId: first[1][1] ?? "" };
}

/** Tells the group every `everyMs` that this worker lives, as long as `task` runs. */
async function keepClaimed(
  redis: Redis,
  name: string,
  { entryId }: Entry,
  everyMs: number,
  task: () => Promise<void>,
): Promise<void> {
  const timer = setInterval(() => {
    redis.xclaim(stream, group, name, 0, entryId, "JUSTID").catch(() => {});
  }, everyMs);
  try {
    await task();
  } finally {
    clearInterval(timer);
  }
}

async function work(
  config: Config,
  { database, redis, objects }: Dependencies,
  name: string,
  { entryId, jobId }: Entry,
  metrics: Metrics,
  log: FastifyBaseLogger,
): Promise<void> {
  const job = await findJob(database, jobId);
  if (job?.status === "queued") {
    const start = performance.now();
    const sha256 = await digest(job.text, job.rounds);
    const result: JobResult = {
      sha256,
      bytes: Buffer.byteLength(job.text),
      milliseconds: Math.round(performance.now() - start),
      object: `results/${jobId}.json`,
    };
    const report = JSON.stringify({ job: jobId, rounds: job.rounds, ...result, release: config.release });
    await objects.put(result.object, report, "application/json");
    if (await finishJob(database, jobId, result, name)) metrics.jobsFinished.inc();
    log.info({ job: jobId, milliseconds: result.milliseconds }, "job done");
  }
  await redis.multi().xack(stream, group, entryId).xdel(stream, entryId).exec();
}

/** SHA-256 of the text, then of that digest, and so on; lets health checks through now and then. */
async function digest(text: string, rounds: number): Promise<string> {
  let value = createHash("sha256").update(text).digest();
  for (let round = 1; round < rounds; round += 1) {
    value = createHash("sha256").update(value).digest();
    if (round % 5000 === 0) await yieldToEvents();
  }
  return value.toString("hex");
}
