import { request } from "node:http";
import { connect } from "node:net";
import { setTimeout as pause } from "node:timers/promises";
import { execa } from "execa";

/** An API that is asked: ours, or its peer. */
export interface Endpoint {
  readonly name: string;
  /** Without a slash at its end: `http://127.0.0.1:8080/v1`. */
  readonly url: string;
  readonly token: string;
}

export interface Answer {
  readonly status: number;
  readonly text: string;
}

export function ask({ url, token }: Endpoint, method: string, path: string, body?: object): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const asked = request(
      `${url}${path}`,
      {
        method,
        agent: false,
        headers: { authorization: `Bearer ${token}`, "content-type": "application/json" },
      },
      (response) => {
        let text = "";
        response.setEncoding("utf8");
        response.on("data", (part: string) => {
          text += part;
        });
        response.on("end", () => resolve({ status: response.statusCode ?? 0, text }));
        response.on("error", reject);
      },
    );
    asked.on("error", reject);
    asked.end(body === undefined ? undefined : JSON.stringify(body));
  });
}

/**
 * Asks until the answer is 200.
 *
 * @param gaveUp tells why nothing will ever answer
 */
export async function untilAnswered(endpoint: Endpoint, path: string, gaveUp: () => string | undefined) {
  for (;;) {
    const status = await ask(endpoint, "GET", path).then(
      (answer) => answer.status,
      () => 0,
    );
    if (status === 200) return;
    const reason = gaveUp();
    if (reason !== undefined) throw new Error(`${endpoint.name} does not answer: ${reason}`);
    await pause(2);
  }
}

/** Requests per second over kept connections, as wrk counts them. */
export async function requestsPerSecond({ name, url, token }: Endpoint, path: string, seconds: number) {
  const { stdout } = await execa("wrk", [
    "-t1",
    "-c10",
    `-d${seconds}s`,
    "-H",
    `Authorization: Bearer ${token}`,
    `${url}${path}`,
  ]);
  return readWrk(stdout, `${name} ${path}`);
}

/** @throws when an answer was no success: those are cheaper, so they would count too well */
export function readWrk(output: string, what: string): number {
  const failed = /^ *(Non-2xx or 3xx responses|Socket errors): (.*)$/m.exec(output);
  if (failed !== null) throw new Error(`${what}: ${failed[1]}: ${failed[2]}`);
  const rate = /^Requests\/sec: +([0-9.]+)$/m.exec(output)?.[1];
  if (rate === undefined) throw new Error(`${what}: wrk counted nothing`);
  return Number(rate);
}

/** Resolves when an SSH server greets at this address. */
export async function untilSshGreets(address: string, gaveUp: () => string | undefined): Promise<void> {
  const deadline = Date.now() + 120_000;
  while (!(await greets(address))) {
    const reason = gaveUp() ?? (Date.now() > deadline ? "not within 120 s" : undefined);
    if (reason !== undefined) throw new Error(`no SSH at ${address}: ${reason}`);
    await pause(10);
  }
}

/** A packet that got lost is sent again after a second, so each try is short. */
const tryMs = 200;

function greets(address: string): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect({ host: address, port: 22 });
    const end = (greeted: boolean) => {
      socket.destroy();
      resolve(greeted);
    };
    socket.setTimeout(tryMs, () => end(false));
    socket.on("error", () => end(false));
    socket.on("end", () => end(false));
    socket.on("data", (data) => end(data.toString("latin1").startsWith("SSH-")));
  });
}
