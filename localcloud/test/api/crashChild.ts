// The API in a process of its own that the test may kill at any instant. Its host lives in the parent, as real
// machines outlive the API: each call goes over the IPC channel and back.
import { createApi, openStore } from "../../src/api";
import type { Host } from "../../src/host/contract";

export interface HostRequest {
  readonly call: number;
  readonly method: keyof Host;
  readonly args: readonly unknown[];
}

export interface HostReply {
  readonly call: number;
  readonly result?: unknown;
  readonly error?: string;
}

type Waiting = { resolve: (result: unknown) => void; reject: (error: Error) => void };

const waiting = new Map<number, Waiting>();
let calls = 0;

/** Every method of the contract but `onExit`: nothing ends by itself here. */
const host = new Proxy({} as Host, {
  get: (_target, method: keyof Host) => {
    if (method === "onExit") return () => undefined;
    return async (...args: unknown[]) => {
      const call = ++calls;
      const answer = new Promise((resolve, reject) => waiting.set(call, { resolve, reject }));
      process.send?.({ call, method, args } satisfies HostRequest);
      const result = await answer;
      return method === "running" ? new Set(result as number[]) : result;
    };
  },
});

process.on("message", ({ call, result, error }: HostReply) => {
  const { resolve, reject } = waiting.get(call) ?? {};
  if (error === undefined) resolve?.(result);
  else reject?.(new Error(error));
});

async function serve(directory: string, token: string) {
  const store = openStore(directory);
  const api = createApi({
    store,
    host,
    settings: {
      tokens: [{ token, project: "one" }],
      requestsPerHour: 1_000_000,
      onProblem: (problem) => process.stderr.write(`${problem}\n`),
    },
  });
  const { port } = await api.listen({ host: "127.0.0.1", port: 0 });
  process.send?.({ address: `http://127.0.0.1:${port}` });
}

const [directory = "", token = ""] = process.argv.slice(2);
void serve(directory, token);
