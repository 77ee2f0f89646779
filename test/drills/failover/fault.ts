import type { Pair } from "./pair";
import type { ApiTimes, Target } from "./report";

/** What a fault leaves to be healed and asked. */
export interface Broken {
  /** Undoes it. It may be called when breaking ended half-way, and twice. */
  heal(): Promise<void>;
  /**
   * Waits until the fault is seen to be there, from outside of what it breaks.
   *
   * @throws when it did not happen
   */
  happened(): Promise<void>;
  /** Watches for as long as the fault lasts. @returns what `Target.besides` names */
  watch?(): Promise<number | undefined>;
  /** A moment, known once `watch` has ended: `Target.besides` is the time from it until visitors are served. */
  servedSince?(): number;
  /** Moves of the address that the drill made itself. @default 0 */
  readonly ownMoves?: number;
}

/** One way to break the pair. */
export interface FailoverFault {
  /** As `--only` names it. */
  readonly name: string;
  /** As the table names it. */
  readonly title: string;
  target(api: ApiTimes): Target;
  /** How long it lasts. */
  readonly holdMs: number;
  /** Time between two rounds, for what an agent does only twice in a minute. @default 0 */
  readonly apartMs?: number;
  break(pair: Pair): Promise<Broken>;
}
