// A visitor who does not give up: asks one URL again and again and counts. Runs as a process of its own inside
// the namespace of the outside client: loadClient.ts URL CONNECTIONS SECONDS|COUNTx
import { Agent, get } from "node:http";

export interface LoadResult {
  readonly requests: number;
  readonly failed: number;
  /** What went wrong, by kind: `503`, `ECONNRESET`, `timeout`. */
  readonly failures: Readonly<Record<string, number>>;
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

const agent = new Agent({ keepAlive: true });

function ask(url: string): Promise<Answer> {
  return new Promise((resolve) => {
    let answered = false;
    const request = get(url, { agent, timeout: 10_000 }, (response) => {
      answered = true;
      let body = "";
      response.setEncoding("utf8");
      response.on("data", (part: string) => (body += part));
      response.on("error", (error) => resolve({ problem: problemOf(error) }));
      response.on("end", () => {
        if (response.statusCode !== 200) {
          const detail = `${JSON.stringify(response.headers)} ${body.slice(0, 200)}`;
          return resolve({ problem: String(response.statusCode), detail });
        }
        const node = /"node":"([^"]+)"/.exec(body)?.[1];
        resolve(node === undefined ? { problem: "no node in the answer" } : { node });
      });
    });
    request.on("timeout", () => request.destroy(new Error("timeout")));
    request.on("error", (error) => {
      const problem = problemOf(error);
      resolve({ problem, closedInBetween: request.reusedSocket && !answered && problem === "ECONNRESET" });
    });
  });
}

function problemOf(error: Error): string {
  return "code" in error && typeof error.code === "string" ? error.code : error.message;
}

async function main([url = "", connections = "8", limit = "10"]: readonly string[]): Promise<LoadResult> {
  const began = Date.now();
  const count = limit.endsWith("x") ? Number(limit.slice(0, -1)) : Number.POSITIVE_INFINITY;
  let deadline = limit.endsWith("x") ? began + 300_000 : began + Number(limit) * 1000;
  process.on("SIGTERM", () => (deadline = 0));
  const nodes: Record<string, number> = {};
  const failures: Record<string, number> = {};
  const details: string[] = [];
  let [asked, retried, lastAnswer, longestGapMs] = [0, 0, began, 0];
  const visitor = async () => {
    while (asked < count && Date.now() < deadline) {
      asked += 1;
      let answer = await ask(url);
      if (answer.closedInBetween) {
        retried += 1;
        answer = await ask(url);
      }
      const { node, problem, detail = "" } = answer;
      if (problem !== undefined) {
        failures[problem] = (failures[problem] ?? 0) + 1;
        if (details.length < 5) details.push(`${new Date().toISOString()} ${problem} ${detail}`.trim());
      }
      if (node === undefined) continue;
      nodes[node] = (nodes[node] ?? 0) + 1;
      longestGapMs = Math.max(longestGapMs, Date.now() - lastAnswer);
      lastAnswer = Date.now();
    }
  };
  await Promise.all(Array.from({ length: Number(connections) }, visitor));
  const failed = Object.values(failures).reduce((sum, number) => sum + number, 0);
  return {
    requests: asked,
    failed,
    retried,
    failures,
    details,
    nodes,
    longestGapMs,
    seconds: (Date.now() - began) / 1000,
  };
}

void main(process.argv.slice(2)).then((result) =>
  process.stdout.write(`${JSON.stringify(result)}\n`, () => process.exit()),
);
