// A proxy between a client and the local cloud's API that can do to an answer what a network does: the request
// arrives and takes effect, and its answer never comes.
import { once } from "node:events";
import { createServer, type IncomingMessage, request, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";

/** `pass`: to the client. `lose`: the connection ends without an answer. `hold`: it stays open without one. */
export type Fate = "pass" | "lose" | "hold";

export interface SeenRequest {
  readonly method: string;
  /** With `/v1` and its query. */
  readonly path: string;
}

export interface AnswerProxy {
  readonly port: number;
  /** Awaited before a request goes on; `lose`: it never arrives. @default lets everything through */
  arrival: (seen: SeenRequest) => Exclude<Fate, "hold"> | Promise<Exclude<Fate, "hold">>;
  /** What becomes of an answer that has come; asked after the request had its effect. @default passes everything */
  fate: (seen: SeenRequest) => Fate | Promise<Fate>;
  /** Closes it and every connection. */
  stop(): Promise<void>;
}

/** Listens on a free port of the loopback in front of the API at `port`. */
export async function startAnswerProxy(port: number): Promise<AnswerProxy> {
  const server = createServer((from, to) => {
    // A client that ended, and an API that was killed, are what this stands for.
    forward(proxy, port, from, to).catch(() => to.destroy());
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const proxy: AnswerProxy = {
    port: (server.address() as AddressInfo).port,
    arrival: () => "pass",
    fate: () => "pass",
    async stop() {
      server.closeAllConnections();
      server.close();
      await once(server, "close");
    },
  };
  return proxy;
}

async function forward(
  proxy: AnswerProxy,
  port: number,
  from: IncomingMessage,
  to: ServerResponse,
): Promise<void> {
  const body: Buffer[] = [];
  for await (const part of from) body.push(part as Buffer);
  const { method = "GET", url: path = "/", headers } = from;
  if ((await proxy.arrival({ method, path })) === "lose") return void to.destroy();
  const answer = await ask(port, { method, path, headers }, Buffer.concat(body));
  const fate = await proxy.fate({ method, path });
  if (fate === "lose") to.destroy();
  if (fate !== "pass") return;
  to.writeHead(answer.status, answer.headers);
  to.end(answer.body);
}

interface Answer {
  readonly status: number;
  readonly headers: IncomingMessage["headers"];
  readonly body: Buffer;
}

async function ask(
  port: number,
  { method, path, headers }: SeenRequest & { readonly headers: IncomingMessage["headers"] },
  body: Buffer,
): Promise<Answer> {
  const { "transfer-encoding": _chunks, ...others } = headers;
  const onward = request({
    ...{ host: "127.0.0.1", port, method, path, agent: false },
    headers: { ...others, connection: "close", "content-length": String(body.length) },
  });
  onward.end(body);
  const [answer] = (await once(onward, "response")) as [IncomingMessage];
  const parts: Buffer[] = [];
  for await (const part of answer) parts.push(part as Buffer);
  const { "transfer-encoding": _, connection: __, "content-length": ___, ...kept } = answer.headers;
  return { status: answer.statusCode ?? 502, headers: kept, body: Buffer.concat(parts) };
}
