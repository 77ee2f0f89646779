// The faults that are in force: each is on record before it acts, ends by itself, and is found again by the next
// daemon after a kill -9.
import type { Fault, FaultRequest, FaultStatus } from "../contract/control";
import { defaultSeconds } from "../contract/faultSchema";
import type { Faults } from "../control/server";
import { type FaultFile, type FaultRecord, readFaultFile, writeFaultFile } from "./record";
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

/** Pause before a fault that could not be taken back is tried again. */
const retryMs = 2_000;

/** Reads what is on record. Call `resume` once, after the start. */
export async function openFaultRegistry(options: FaultRegistryOptions): Promise<FaultRegistry> {
  return new FaultRegistry(options, await readFaultFile(options.path));
}

export class FaultRegistry implements Faults {
  #lastId: number;
  readonly #active: Map<number, FaultRecord>;
  readonly #timers = new Map<number, NodeJS.Timeout>();
  #closed = false;
  #queue: Promise<unknown> = Promise.resolve();

  constructor(
    private readonly options: FaultRegistryOptions,
    { lastId, records }: FaultFile,
  ) {
    this.#lastId = lastId;
    this.#active = new Map(records.map((record) => [record.id, record]));
  }

  list(): readonly FaultStatus[] {
    return this.#all().map((record) => this.#statusOf(record));
  }

  begin({ fault, seconds = defaultSeconds }: FaultRequest): Promise<FaultStatus> {
    return this.#alone(async () => {
      const record = await this.#newRecord(fault, seconds);
      this.#active.set(record.id, record);
      await this.#save();
      await this.#bringAbout(record);
      this.#time(record);
      return this.#statusOf(record);
    });
  }

  end(id: number): Promise<boolean> {
    return this.#alone(async () => {
      const record = this.#active.get(id);
      if (record === undefined) return false;
      clearTimeout(this.#timers.get(id));
      this.#timers.delete(id);
      // Listed until it is over, so that nobody who waits for its end is early.
      const others = this.#all().filter((other) => other.id !== id);
      await this.#driverOf(record.fault).end(record, others);
      this.#active.delete(id);
      await this.#save();
      return true;
    });
  }

  /** Once after the start: ends what has expired meanwhile, brings about the rest again. */
  resume(): Promise<void> {
    return this.#alone(async () => {
      for (const record of this.#all()) {
        this.#time(record);
        if (Date.parse(record.ends) > Date.now()) await this.#bringAboutAgain(record);
      }
    });
  }

  /** Stops timing; what is in force stays so and on record. */
  close(): void {
    this.#closed = true;
    for (const timer of this.#timers.values()) clearTimeout(timer);
  }

  async #newRecord(fault: Fault, seconds: number): Promise<FaultRecord> {
    const servers = await this.#driverOf(fault).targets(fault);
    const began = new Date();
    const ends = new Date(began.getTime() + seconds * 1000);
    return { id: ++this.#lastId, fault, servers, began: began.toISOString(), ends: ends.toISOString() };
  }

  /** All of it or nothing. */
  async #bringAbout(record: FaultRecord): Promise<void> {
    const driver = this.#driverOf(record.fault);
    try {
      await driver.begin(record, this.#all());
    } catch (error) {
      this.#active.delete(record.id);
      await driver.end(record, this.#all());
      await this.#save();
      throw error;
    }
  }

  async #bringAboutAgain(record: FaultRecord): Promise<void> {
    const driver = this.#driverOf(record.fault);
    const begin = driver.resume?.bind(driver) ?? driver.begin.bind(driver);
    await begin(record, this.#all()).catch((error) =>
      this.options.onProblem(`fault ${told(record)} is not in force: ${String(error)}`),
    );
  }

  #time(record: FaultRecord): void {
    if (this.#closed) return;
    const left = Math.max(0, Date.parse(record.ends) - Date.now());
    this.#timers.set(
      record.id,
      setTimeout(() => this.#expire(record), left),
    );
  }

  #expire(record: FaultRecord): void {
    this.end(record.id).catch((error) => {
      this.options.onProblem(`fault ${told(record)} could not be ended: ${String(error)}`);
      if (this.#closed) return;
      this.#timers.set(
        record.id,
        setTimeout(() => this.#expire(record), retryMs),
      );
    });
  }

  #statusOf(record: FaultRecord): FaultStatus {
    const { id, fault, began, ends } = record;
    return {
      id,
      fault,
      summary: summaryOf(fault),
      began,
      ends,
      hits: this.#driverOf(fault).hits?.(record) ?? 1,
    };
  }

  /** The kind of a fault names its driver, which the compiler cannot follow. */
  #driverOf({ kind }: Fault): FaultDriver<Fault> {
    return this.options.drivers[kind] as FaultDriver<Fault>;
  }

  #all(): FaultRecord[] {
    return [...this.#active.values()];
  }

  #save(): Promise<void> {
    return writeFaultFile(this.options.path, { lastId: this.#lastId, records: this.#all() });
  }

  /** One change at a time: two faults of one machine never meet half made. */
  #alone<T>(work: () => Promise<T>): Promise<T> {
    const run = this.#queue.then(work);
    this.#queue = run.catch(() => undefined);
    return run;
  }
}

const told = ({ id, fault }: FaultRecord) => `${id} (${summaryOf(fault)})`;
