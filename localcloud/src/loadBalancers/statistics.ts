// Pure: what HAProxy's sockets tell, as health and traffic.
import type { Health, TrafficSample } from "../host/contract";
import { sectionOf } from "./haproxy";

export type Counters = Omit<TrafficSample, "at">;

export const noTraffic: Counters = {
  openConnections: 0,
  connections: 0,
  requests: 0,
  bytesIn: 0,
  bytesOut: 0,
};

type Row = Readonly<Record<string, string>>;

/** `show stat`: CSV with a head line that begins with `# `. No field that is read here holds a comma. */
export function parseStatistics(text: string): Row[] {
  const [head = "", ...rows] = text.trim().split("\n");
  const names = head.replace(/^# /, "").split(",");
  return rows
    .filter((row) => row !== "")
    .map((row) => {
      const values = row.split(",");
      return Object.fromEntries(names.map((name, index) => [name, values[index] ?? ""]));
    });
}

export const healthKey = (listenPort: number, address: string) => `${listenPort} ${address}`;

/** Health by {@link healthKey}. A target that is up before its first check has ended is not known yet. */
export function healthOf(rows: readonly Row[], listenPorts: readonly number[]): Map<string, Health> {
  const ports = new Map(listenPorts.map((port) => [sectionOf(port), port]));
  const health = new Map<string, Health>();
  for (const row of rows) {
    const port = ports.get(row.pxname ?? "");
    if (port === undefined || row.type !== "2") continue;
    health.set(healthKey(port, row.svname ?? ""), statusOf(row));
  }
  return health;
}

function statusOf({ status = "", check_status: check = "" }: Row): Health {
  const checked = check.replace(/^\* /, "");
  if (checked === "" || checked === "INI" || checked === "UNK") return "unknown";
  // `UP 1/3`, `DOWN 2/3`: on its way, and not there yet.
  return status.startsWith("UP") ? "healthy" : "unhealthy";
}

/** What all front ends of one worker have carried. */
export function trafficOf(rows: readonly Row[]): Counters {
  const front = rows.filter(({ type }) => type === "0");
  const sum = (field: string) => front.reduce((total, row) => total + Number(row[field] ?? 0), 0);
  return {
    openConnections: sum("scur"),
    connections: sum("stot"),
    requests: sum("req_tot"),
    bytesIn: sum("bin"),
    bytesOut: sum("bout"),
  };
}

export function add(a: Counters, b: Counters): Counters {
  return {
    openConnections: a.openConnections + b.openConnections,
    connections: a.connections + b.connections,
    requests: a.requests + b.requests,
    bytesIn: a.bytesIn + b.bytesIn,
    bytesOut: a.bytesOut + b.bytesOut,
  };
}

export interface Workers {
  /** The one that serves new connections. */
  readonly current: number | undefined;
  /** All, those that only end their last connections included. */
  readonly all: readonly number[];
}

/** `show proc` of the master. */
export function parseWorkers(text: string): Workers {
  const sections = text.split(/^# /m);
  const pidsOf = (title: string) =>
    (sections.find((section) => section.startsWith(title)) ?? "")
      .split("\n")
      .map((line) => /^(\d+)\s+worker\b/.exec(line)?.[1])
      .filter((pid) => pid !== undefined)
      .map(Number);
  const current = pidsOf("workers");
  return { current: current[0], all: [...current, ...pidsOf("old workers")] };
}

/** Of the worker that counts now: a worker's numbers end with it, so they are kept as they were last seen. */
export interface Account {
  readonly ended: Counters;
  readonly workers: Readonly<Record<string, Counters>>;
}

export const newAccount: Account = { ended: noTraffic, workers: {} };

/** The account after the workers that run now were asked. */
export function settle(account: Account, seen: Readonly<Record<string, Counters>>): Account {
  const gone = Object.entries(account.workers).filter(([pid]) => !(pid in seen));
  const ended = gone.reduce(
    (sum, [, counters]) => add(sum, { ...counters, openConnections: 0 }),
    account.ended,
  );
  return { ended, workers: seen };
}

export const totalOf = ({ ended, workers }: Account): Counters => Object.values(workers).reduce(add, ended);

const hour = 3_600;
const month = 30 * 24 * hour;

/** All samples of the last hour, one for each minute of the last 30 days. */
export function thinned(samples: readonly TrafficSample[], now: number): TrafficSample[] {
  let lastMinute = -1;
  return samples.filter(({ at }) => {
    if (at < now - month) return false;
    if (at >= now - hour) return true;
    const minute = Math.floor(at / 60);
    const isFirst = minute !== lastMinute;
    lastMinute = minute;
    return isFirst;
  });
}
