// A visitor who does not give up: asks one URL again and again and counts. Runs as a process of its own inside
// the namespace of the outside client: loadClient.ts URL CONNECTIONS SECONDS|COUNTx [BODY], which is posted as JSON
import * as http from "node:http";
import * as https from "node:https";

export interface LoadResult {
  readonly requests: number;
  readonly failed: number;
  /** What went wrong, by kind: `503`, `ECONNRESET`, `timeout`. */
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

/** The certificate of a test is nobody's: that it is the right one is asked elsewhere. */
const agents = {
  "http:": new http.Agent({ keepAlive: true }),
  "https:": new https.Agent({ keepAlive: true, rejectUnauthorized: false }),
};

function ask(url: string, body: string | undefined): Promise<Answer> {
  const tls = url.startsWith("https:");
  const options = {
    agent: agents[tls ? "https:" : "http:"],
    timeout: 10_000,
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
          return resolve({ problem: String(response.statusCode), detail });
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

async function main(args: readonly string[]): Promise<LoadResult> {
  const [url = "", connections = "8", limit = "10", body] = args;
  const began = Date.now();
  const count = limit.endsWith("x") ? Number(limit.slice(0, -1)) : Number.POSITIVE_INFINITY;
  let deadline = limit.endsWith("x") ? began + 300_000 : began + Number(limit) * 1000;
  process.on("SIGTERM", () => (deadline = 0));
  const nodes: Record<string, number> = {};
  const failures: Record<string, number> = {};
  const details: string[] = [];
  const failedAtMs: number[] = [];
  let [asked, retried, lastAnswer, longestGapMs] = [0, 0, began, 0];
  const visitor = async () => {
    while (asked < count && Date.now() < deadline) {
      asked += 1;
      let answer = await ask(url, body);
      if (answer.closedInBetween) {
        retried += 1;
        answer = await ask(url, body);
      }
      const { node, problem, detail = "" } = answer;
      if (problem !== undefined) {
        failures[problem] = (failures[problem] ?? 0) + 1;
        failedAtMs.push(Date.now());
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
    failedAtMs,
    details,
    nodes,
    longestGapMs,
    seconds: (Date.now() - began) / 1000,
  };
}

void main(process.argv.slice(2)).then((result) =>
  process.stdout.write(`${JSON.stringify(result)}\n`, () => process.exit()),
);
