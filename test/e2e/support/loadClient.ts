// A visitor who does not give up: asks one URL again and again and counts. Runs as a process of its own inside
// the namespace of the outside client: loadClient.ts URL CONNECTIONS SECONDS|COUNTx [BODY], which is posted as JSON
import * as http from "node:http";
import * as https from "node:https";
import type { LookupFunction } from "node:net";
import { whenStopped } from "./visitorProcess";

export interface LoadResult {
  readonly requests: number;
  readonly failed: number;
  /** What went wrong, by kind: `503`, `503 of a replica`, `ECONNRESET`, `timeout`. */
  readonly failures: Readonly<Record<string, number>>;
  /** When each of them was known, in ms since 1970. */
  readonly failedAtMs: readonly number[];
  /** The first few of them, with what an operator needs to find them in the logs. */
  readonly details: readonly string[];
  /**
   * Requests asked again because a kept connection was closed before any byte of the answer, which every
   * browser does with a GET (RFC 9110, section 9.3.1): the visitor sees nothing, we count them.
   */
  readonly retried: number;
  /** Answers by the node that gave them. */
  readonly nodes: Readonly<Record<string, number>>;
  /** Longest time between two answers in a row, over all connections, in ms. */
  readonly longestGapMs: number;
  readonly seconds: number;
}

interface Answer {
  readonly problem?: string;
  /** Who gave a bad answer, and its beginning. */
  readonly detail?: string;
  readonly node?: string;
  /** The connection was an old one that the other side closed at the same moment. */
  readonly closedInBetween?: boolean;
}

const answeredByReplica = " of a replica";

/** Where every name leads, and PEM of whom a certificate must be from. */
const { LOAD_ADDRESS: address, LOAD_TRUSTED: trusted } = process.env;

const agents = {
  "http:": new http.Agent({ keepAlive: true }),
  "https:": new https.Agent({ keepAlive: true, ...(trusted && { ca: trusted }) }),
};

const lookup: LookupFunction = (_name, { all }, done) =>
  all ? done(null, [{ address: address ?? "", family: 4 }]) : done(null, address ?? "", 4);

function ask(url: string, body: string | undefined): Promise<Answer> {
  const tls = url.startsWith("https:");
  const options = {
    agent: agents[tls ? "https:" : "http:"],
    timeout: 10_000,
    ...(address !== undefined && { lookup }),
    ...(body === undefined ? {} : { method: "POST", headers: { "content-type": "application/json" } }),
  };
  return new Promise((resolve) => {
    let answered = false;
    const request = (tls ? https : http).request(url, options, (response) => {
      answered = true;
      let content = "";
      response.setEncoding("utf8");
      response.on("data", (part: string) => (content += part));
      response.on("error", (error) => resolve({ problem: problemOf(error) }));
      response.on("end", () => {
        if (response.statusCode !== (body === undefined ? 200 : 201)) {
          const detail = `${JSON.stringify(response.headers)} ${content.slice(0, 200)}`;
          const replica = response.headers["x-served-by"] === undefined ? "" : answeredByReplica;
          return resolve({ problem: `${response.statusCode}${replica}`, detail });
        }
        const node = String(response.headers["x-served-by"] ?? "").split("/")[0] || undefined;
        resolve(node === undefined ? { problem: "no node in the answer" } : { node });
      });
    });
    request.on("timeout", () => request.destroy(new Error("timeout")));
    request.on("error", (error) => {
      const problem = problemOf(error);
      const idempotent = body === undefined;
      const closedInBetween = idempotent && request.reusedSocket && !answered && problem === "ECONNRESET";
      resolve({ problem, closedInBetween });
    });
    request.end(body);
  });
}

function problemOf(error: Error): string {
  return "code" in error && typeof error.code === "string" ? error.code : error.message;
}

/** As often as a browser would: once more when a kept connection was closed in between. */
async function askLikeBrowser(url: string, body: string | undefined): Promise<Answer & { retried: number }> {
  const answer = await ask(url, body);
  return answer.closedInBetween ? { ...(await ask(url, body)), retried: 1 } : { ...answer, retried: 0 };
}

/** What all visitors saw together. */
class Tally {
  readonly #began = Date.now();
  readonly #nodes: Record<string, number> = {};
  readonly #failures: Record<string, number> = {};
  readonly #details: string[] = [];
  readonly #failedAtMs: number[] = [];
  #retried = 0;
  #lastAnswer = this.#began;
  #longestGapMs = 0;

  add({ node, problem, detail = "", retried }: Answer & { retried: number }): void {
    this.#retried += retried;
    if (problem !== undefined) {
      this.#failures[problem] = (this.#failures[problem] ?? 0) + 1;
      this.#failedAtMs.push(Date.now());
      const line = `${new Date().toISOString()} ${problem} ${detail}`.trim();
      if (this.#details.length < 5) this.#details.push(line);
    }
    if (node === undefined) return;
    this.#nodes[node] = (this.#nodes[node] ?? 0) + 1;
    this.#longestGapMs = Math.max(this.#longestGapMs, Date.now() - this.#lastAnswer);
    this.#lastAnswer = Date.now();
  }

  result(requests: number): LoadResult {
    return {
      requests,
      failed: Object.values(this.#failures).reduce((sum, number) => sum + number, 0),
      retried: this.#retried,
      failures: this.#failures,
      failedAtMs: this.#failedAtMs,
      details: this.#details,
      nodes: this.#nodes,
      longestGapMs: this.#longestGapMs,
      seconds: (Date.now() - this.#began) / 1000,
    };
  }
}

async function main(args: readonly string[]): Promise<LoadResult> {
  const [url = "", connections = "8", limit = "10", body] = args;
  const count = limit.endsWith("x") ? Number(limit.slice(0, -1)) : Number.POSITIVE_INFINITY;
  let deadline = Date.now() + (limit.endsWith("x") ? 300_000 : Number(limit) * 1000);
  whenStopped().addEventListener("abort", () => {
    deadline = 0;
  });
  const tally = new Tally();
  let asked = 0;
  const visitor = async () => {
    while (asked < count && Date.now() < deadline) {
      asked += 1;
      tally.add(await askLikeBrowser(url, body));
    }
  };
  await Promise.all(Array.from({ length: Number(connections) }, visitor));
  return tally.result(asked);
}

void main(process.argv.slice(2)).then((result) =>
  process.stdout.write(`${JSON.stringify(result)}\n`, () => process.exit()),
);
