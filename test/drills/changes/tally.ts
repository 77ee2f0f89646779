// Pure: what visitors of several kinds saw.

/** How somebody asks: with which protocol, and whether over a connection that is kept. */
export interface Manner {
  readonly protocol: "HTTP/1.1" | "HTTP/2";
  readonly connections: "kept" | "new";
  /** Requests a second. */
  readonly rate: number;
}

export const nameOf = ({ protocol, connections }: Manner) => `${protocol}, ${connections} connections`;

/** What became of one request; `problem` undefined: an answer with 200. */
export interface Outcome {
  readonly problem?: string;
  /**
   * A kept connection was closed before any byte of the answer: a browser asks once more over a new one (RFC 9110,
   * section 9.3.1), and the visitor sees nothing.
   */
  readonly mayRepeat?: boolean;
}

export interface Counted {
  readonly requests: number;
  readonly failed: number;
  /** Asked once more, as browsers do. */
  readonly repeated: number;
  /** Failures by kind. */
  readonly problems: Readonly<Record<string, number>>;
  /** The first of them, with their moments. */
  readonly details: readonly string[];
}

export interface VisitorsReport {
  readonly byManner: Readonly<Record<string, Counted>>;
  /** By how much a request was sent later than it was due, at worst. */
  readonly latestMs: number;
}

const keptDetails = 10;

export class Tally {
  #requests = 0;
  #failed = 0;
  #repeated = 0;
  readonly #problems: Record<string, number> = {};
  readonly #details: string[] = [];

  /** Counts one that is under way, so that who stops knows how many there were. */
  add({ problem }: Outcome, repeated: boolean): void {
    this.#requests += 1;
    if (repeated) this.#repeated += 1;
    if (problem === undefined) return;
    this.#failed += 1;
    this.#problems[problem] = (this.#problems[problem] ?? 0) + 1;
    if (this.#details.length < keptDetails) this.#details.push(`${new Date().toISOString()} ${problem}`);
  }

  get counted(): Counted {
    return {
      requests: this.#requests,
      failed: this.#failed,
      repeated: this.#repeated,
      problems: { ...this.#problems },
      details: [...this.#details],
    };
  }
}

/** All kinds together. */
export function sumOf({ byManner }: VisitorsReport): Pick<Counted, "requests" | "failed" | "repeated"> {
  const all = Object.values(byManner);
  const sum = (of: (one: Counted) => number) => all.reduce((total, one) => total + of(one), 0);
  return {
    requests: sum(({ requests }) => requests),
    failed: sum(({ failed }) => failed),
    repeated: sum(({ repeated }) => repeated),
  };
}

/** What went wrong, one line for each kind that something went wrong with. */
export function problemsOf({ byManner }: VisitorsReport): string[] {
  return Object.entries(byManner)
    .filter(([, { failed }]) => failed > 0)
    .map(
      ([manner, { failed, requests, problems, details }]) =>
        `${manner}: ${failed} of ${requests} ${JSON.stringify(problems)}; ${details.join("; ")}`,
    );
}
