import { mkdir, open, readdir, readFile, rm } from "node:fs/promises";
import { join } from "node:path";
import { execa } from "execa";
import type { LocalCloudSettings } from "../settings/cloud";
import { isAlive, type ProcessIdentity, signal } from "./processes";

/** A helper process of the daemon: registry, package cache, name server, DHCP servers. */
export interface Service {
  readonly name: string;
  readonly command: string;
  readonly args: readonly string[];
  readonly env?: Readonly<Record<string, string>>;
  /** Called each time that it has begun. */
  readonly began?: () => void;
}

export interface RunningService extends ProcessIdentity {
  readonly name: string;
}

/**
 * A service records itself before it becomes what it is: a daemon that is killed at any moment leaves none that the
 * next one does not know, which would keep its port.
 */
const recorded = `record=$1 name=$2
shift 2
read -r line </proc/$$/stat || exit 70
start=$(set -- \${line##*) }; echo "\${20}")
printf '{"name":"%s","pid":%s,"startTime":"%s"}' "$name" "$$" "$start" >"$record.new" || exit 70
mv "$record.new" "$record" || exit 70
exec "$@"`;

/** How a service does that this process supervises. */
export interface ServiceHealth {
  readonly name: string;
  /** `settling` until it has lived for a moment; one that ends again and again is `failing` all the time. */
  readonly state: "settling" | "running" | "failing";
  /** How it last ended. */
  readonly ended?: string;
}

/** A service that cannot have what it needs ends within this time. */
const settledMs = 500;

interface Life {
  readonly name: string;
  /** Start of the present life; null between two. */
  began: number | null;
  ended?: string;
}

/** Supervised services by the file of their record. */
const lives = new Map<string, Life>();

export function serviceHealth(now = Date.now()): ServiceHealth[] {
  return [...lives.values()].map(({ name, began, ended }) => {
    const settled = began !== null && now - began >= settledMs;
    const state = settled ? "running" : ended === undefined ? "settling" : "failing";
    return { name, state, ...(ended !== undefined && { ended }) };
  });
}

/** Children of this process by the file of their record, which they write a moment after they began. */
const children = new Map<string, { kill(signal: NodeJS.Signals): boolean }>();

/** Services on record that run now, whichever daemon started them. */
export async function readProcesses(settings: LocalCloudSettings): Promise<RunningService[]> {
  const files = await readdir(settings.paths.processes).catch(() => []);
  const running: RunningService[] = [];
  for (const file of files.filter((name) => name.endsWith(".json"))) {
    const text = await readFile(join(settings.paths.processes, file), "utf8").catch(() => undefined);
    if (text === undefined) continue;
    const service = JSON.parse(text) as RunningService;
    if (await isAlive(service)) running.push(service);
  }
  return running;
}

/**
 * Ends the services on record, those of a daemon that was killed included.
 *
 * @param which by name. @default all of them, and their logs go too
 */
export async function stopServices(
  settings: LocalCloudSettings,
  which?: (name: string) => boolean,
): Promise<void> {
  const services = (await readProcesses(settings)).filter(({ name }) => which?.(name) ?? true);
  for (const service of services) {
    signal(service.pid, "SIGTERM");
    for (let waited = 0; await isAlive(service); waited += 20) {
      if (waited > 3_000) signal(service.pid, "SIGKILL");
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
  }
  if (which === undefined) await rm(settings.paths.processes, { recursive: true, force: true });
}

/** Sends a signal to a service of this process; one that is just being started again has nothing to forget. */
export function signalService(settings: LocalCloudSettings, name: string, sent: NodeJS.Signals): void {
  children.get(recordOf(settings, name))?.kill(sent);
}

/**
 * Runs a service and starts it again when it ends, later each time up to 10 s.
 *
 * @param signal ends the supervision; the service is stopped by {@link stopServices}
 */
export async function supervise(
  settings: LocalCloudSettings,
  service: Service,
  until: AbortSignal,
  log: (line: string) => void,
): Promise<void> {
  await mkdir(settings.paths.processes, { recursive: true });
  const record = recordOf(settings, service.name);
  const life: Life = { name: service.name, began: Date.now() };
  lives.set(record, life);
  void keepRunning().finally(() => {
    if (lives.get(record) === life) lives.delete(record);
  });

  async function keepRunning(): Promise<void> {
    for (let pause = 100; !until.aborted; pause = Math.min(pause * 2, 10_000)) {
      const started = Date.now();
      life.began = started;
      const outcome = await runOnce(settings, service).catch((error: Error) => error.message);
      if (until.aborted) return;
      life.began = null;
      life.ended = outcome;
      log(`${service.name} ended (${outcome}), starting it again`);
      if (Date.now() - started > 60_000) pause = 100;
      await new Promise((resolve) => setTimeout(resolve, pause));
    }
  }
}

async function runOnce(settings: LocalCloudSettings, service: Service): Promise<string> {
  const record = recordOf(settings, service.name);
  const output = await open(serviceLog(settings, service.name), "a");
  try {
    const shell = ["-c", recorded, "service", record, service.name];
    const child = execa("/bin/sh", [...shell, service.command, ...service.args], {
      env: service.env ?? {},
      cleanup: false,
      detached: true,
      reject: false,
      buffer: false,
      stdin: "ignore",
      stdout: output.fd,
      stderr: output.fd,
    });
    children.set(record, child);
    service.began?.();
    const result = await child;
    return result.signal === undefined ? `exit code ${result.exitCode}` : `signal ${result.signal}`;
  } finally {
    children.delete(record);
    await output.close();
  }
}

export const serviceLog = (settings: LocalCloudSettings, name: string) =>
  join(settings.paths.processes, `${name}.log`);

const recordOf = (settings: LocalCloudSettings, name: string) =>
  join(settings.paths.processes, `${name}.json`);
