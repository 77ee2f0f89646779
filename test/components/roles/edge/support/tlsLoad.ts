import { Agent, request } from "node:https";
import { setTimeout as pause } from "node:timers/promises";
import type { TLSSocket } from "node:tls";

/**
 * Visitors over TLS until a line comes on standard input: some with a connection for each request, some with one for
 * all. A program of its own, so that it runs in any network. Prints four times a second what came of it.
 *
 * Usage: tlsLoad.ts ADDRESS NAME
 */
export interface LoadReport {
  readonly requests: number;
  readonly failures: readonly string[];
  /**
   * Asked again because a kept connection was closed before any byte of the answer, which every browser does with a GET
   * (RFC 9110, section 9.3.1).
   */
  readonly retried: number;
  /** Serial numbers of the certificates that were seen, in the order of their first time. */
  readonly serials: readonly string[];
}

async function main(address: string, name: string): Promise<void> {
  const report = { requests: 0, retried: 0, failures: [] as string[], serials: [] as string[] };
  let goesOn = true;
  process.stdin.once("data", () => {
    goesOn = false;
  });
  const visitor = async (keepAlive: boolean) => {
    const agent = new Agent({ keepAlive, maxSockets: 1, maxCachedSessions: 0 });
    while (goesOn) {
      let outcome = await visit(address, name, agent);
      report.requests += 1;
      if ("failure" in outcome && outcome.closedInBetween) {
        report.retried += 1;
        outcome = await visit(address, name, agent);
      }
      if ("failure" in outcome) report.failures.push(outcome.failure);
      else if (!report.serials.includes(outcome.serial)) report.serials.push(outcome.serial);
      await pause(5);
    }
    agent.destroy();
  };
  const told = setInterval(() => process.stdout.write(`${JSON.stringify(report)}\n`), 250);
  await Promise.all([visitor(false), visitor(false), visitor(false), visitor(true)]);
  clearInterval(told);
  process.stdout.write(`${JSON.stringify(report)}\n`);
  process.stdin.destroy();
}

type Outcome = { readonly serial: string } | { readonly failure: string; readonly closedInBetween?: boolean };

function visit(host: string, name: string, agent: Agent): Promise<Outcome> {
  return new Promise((resolve) => {
    let answered = false;
    const asked = request(
      {
        host,
        port: 443,
        agent,
        servername: name,
        headers: { Host: name },
        rejectUnauthorized: false,
        timeout: 10_000,
      },
      (answer) => {
        answered = true;
        const { serialNumber } = (answer.socket as TLSSocket).getPeerCertificate();
        answer.on("error", (error) => resolve({ failure: error.message }));
        answer.resume().on("end", () => {
          resolve(answer.statusCode === 200 ? { serial: serialNumber } : { failure: `${answer.statusCode}` });
        });
      },
    );
    asked.on("timeout", () => asked.destroy(new Error("no answer within 10 s")));
    asked.on("error", (error: NodeJS.ErrnoException) =>
      resolve({
        failure: error.message,
        closedInBetween: asked.reusedSocket && !answered && error.code === "ECONNRESET",
      }),
    );
    asked.end();
  });
}

void main(process.argv[2] ?? "", process.argv[3] ?? "");
