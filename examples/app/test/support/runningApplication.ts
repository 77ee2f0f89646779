// The application's image with one process of each kind that visitors reach.
import assert from "node:assert/strict";
import { ensureImages } from "../../../../localcloud/src/images/ensureImages";
import { until } from "../../../../localcloud/test/images/support/ports";
import { type Platform, type Replica, startPlatform, whenReady } from "./application";

export interface WhoAmI {
  readonly node: string;
  readonly service: string;
  readonly replica: number;
  readonly values: Readonly<Record<string, number | string | null>>;
  readonly unavailable: Readonly<Record<string, string>>;
  readonly session: { readonly idHash: string; readonly visits: number } | null;
}

export interface Job {
  readonly id: string;
  readonly status: string;
  readonly worker: string | null;
  readonly result: { readonly sha256: string; readonly object: string } | null;
}

export const json = async <T>(answer: Promise<Response>) => (await answer).json() as Promise<T>;
export const sessionOf = (answer: Response) =>
  /session=([^;]+)/.exec(answer.headers.get("set-cookie") ?? "")?.[1] ?? "";

export class RunningApplication {
  #platform: Platform | undefined;
  #replicas: readonly Replica[] = [];

  get platform(): Platform {
    return this.#platform ?? assert.fail("the application does not run");
  }
  get web(): Replica {
    return this.#replica(0);
  }
  /** Another one of web. */
  get second(): Replica {
    return this.#replica(1);
  }
  get api(): Replica {
    return this.#replica(2);
  }
  get admin(): Replica {
    return this.#replica(3);
  }

  async start(): Promise<void> {
    await ensureImages(() => {}, { images: ["elasticsearch", "sampleApp"] });
    this.#platform = await startPlatform();
    const { start } = this.#platform;
    // All at once on empty stores: tables, index and bucket must be made once, without a collision.
    const all = [
      await start("web", 1),
      await start("web", 2),
      await start("api", 1),
      await start("admin", 1),
    ];
    await Promise.all(all.map(whenReady));
    this.#replicas = all;
  }

  async stop(): Promise<void> {
    await this.#platform?.stop();
  }

  /** A job, once it is done. */
  finished(id: string, timeoutMs?: number): Promise<Job> {
    const look = async () => {
      const job = await json<Job>(this.api.get(`/api/jobs/${id}`));
      return job.status === "done" ? job : undefined;
    };
    return until(`job ${id}`, look, timeoutMs);
  }

  #replica(index: number): Replica {
    return this.#replicas[index] ?? assert.fail("the application does not run");
  }
}
