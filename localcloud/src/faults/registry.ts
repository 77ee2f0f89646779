// The faults that are in force: each is on record before it acts, ends by itself, and is found again by the next
// daemon after a kill -9.
import type { Fault, FaultRequest, FaultStatus } from "../contract/control";
import { DEFAULT_SECONDS } from "../contract/faultSchema";
import type { Faults } from "../control/server";
import { type FaultRecord, readFaultFile, writeFaultFile } from "./record";
import { summaryOf } from "./summary";

/** The fault of one kind. */
export type FaultOf<K extends Fault["kind"]> = Extract<Fault, { readonly kind: K }>;

/** How one kind of fault is brought about and taken back. */
export interface FaultDriver<F extends Fault> {
  /**
   * Ids of the servers that the fault means.
   *
   * @throws ControlError when it cannot be; nothing has been changed then
   */
  targets(fault: F): readonly number[] | Promise<readonly number[]>;
  /** Brings it about, again too. `active` holds this one and all others. */
  begin(record: FaultRecord<F>, active: readonly FaultRecord[]): Promise<void>;
  /** After a start of the daemon. @default begin */
  resume?(record: FaultRecord<F>, active: readonly FaultRecord[]): Promise<void>;
  /** Takes it back, also when it was never or only half brought about. `active` no longer holds it. */
  end(record: FaultRecord<F>, active: readonly FaultRecord[]): Promise<void>;
  /** @default 1 */
  hits?(record: FaultRecord<F>): number;
}

/** One driver for each kind of fault. */
export type FaultDrivers = { readonly [K in Fault["kind"]]: FaultDriver<FaultOf<K>> };

export interface FaultRegistryOptions {
  /** File of the record. */
  readonly path: string;
  readonly drivers: FaultDrivers;
  readonly onProblem: (problem: string) => void;
}

export interface FaultRegistry extends Faults {
  /** Once after the start: ends what has expired meanwhile, brings about the rest again. */
  resume(): Promise<void>;
  /** Stops timing; what is in force stays so and on record. */
  close(): void;
}

/** Pause before a fault that could not be taken back is tried again. */
const RETRY_MS = 2_000;

export async function createFaultRegistry(options: FaultRegistryOptions): Promise<FaultRegistry> {
  const { path, onProblem } = options;
  // The kind of a fault names its driver, which the compiler cannot follow.
  const driverOf = ({ kind }: Fault) => options.drivers[kind] as FaultDriver<Fault>;
  const file = await readFaultFile(path);
  let lastId = file.lastId;
  const active = new Map(file.records.map((record) => [record.id, record]));
  const timers = new Map<number, NodeJS.Timeout>();
  let closed = false;
  let queue: Promise<unknown> = Promise.resolve();

  /** One change at a time: two faults of one machine never meet half made. */
  const alone = <T>(work: () => Promise<T>): Promise<T> => {
    const run = queue.then(work);
    queue = run.catch(() => undefined);
    return run;
  };
  const all = () => [...active.values()];
  const save = () => writeFaultFile(path, { lastId, records: all() });

  const time = (record: FaultRecord) => {
    if (closed) return;
    const timer = setTimeout(() => expire(record), Math.max(0, Date.parse(record.ends) - Date.now()));
    timers.set(record.id, timer);
  };
  const expire = (record: FaultRecord) => {
    endNow(record.id).catch((error) => {
      onProblem(`fault ${record.id} (${summaryOf(record.fault)}) could not be ended: ${String(error)}`);
      if (!closed)
        timers.set(
          record.id,
          setTimeout(() => expire(record), RETRY_MS),
        );
    });
  };
  const endNow = (id: number) =>
    alone(async () => {
      const record = active.get(id);
      if (record === undefined) return false;
      clearTimeout(timers.get(id));
      timers.delete(id);
      // Listed until it is over, so that nobody who waits for its end is early.
      const others = all().filter((other) => other.id !== id);
      await driverOf(record.fault).end(record, others);
      active.delete(id);
      await save();
      return true;
    });

  const statusOf = (record: FaultRecord): FaultStatus => ({
    id: record.id,
    fault: record.fault,
    summary: summaryOf(record.fault),
    began: record.began,
    ends: record.ends,
    hits: driverOf(record.fault).hits?.(record) ?? 1,
  });

  return {
    list: () => all().map(statusOf),
    begin: ({ fault, seconds = DEFAULT_SECONDS }: FaultRequest) =>
      alone(async () => {
        const driver = driverOf(fault);
        const servers = await driver.targets(fault);
        const began = new Date();
        const ends = new Date(began.getTime() + seconds * 1000);
        const record: FaultRecord = {
          id: ++lastId,
          fault,
          servers,
          began: began.toISOString(),
          ends: ends.toISOString(),
        };
        active.set(record.id, record);
        await save();
        try {
          await driver.begin(record, all());
        } catch (error) {
          active.delete(record.id);
          await driver.end(record, all());
          await save();
          throw error;
        }
        time(record);
        return statusOf(record);
      }),
    end: endNow,
    resume: () =>
      alone(async () => {
        for (const record of all()) {
          time(record);
          if (Date.parse(record.ends) <= Date.now()) continue;
          const driver = driverOf(record.fault);
          const begin = driver.resume?.bind(driver) ?? driver.begin.bind(driver);
          await begin(record, all()).catch((error) =>
            onProblem(`fault ${record.id} (${summaryOf(record.fault)}) is not in force: ${String(error)}`),
          );
        }
      }),
    close() {
      closed = true;
      for (const timer of timers.values()) clearTimeout(timer);
    },
  };
}
