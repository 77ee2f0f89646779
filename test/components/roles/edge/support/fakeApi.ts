import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";

/** One request that the agent made. */
export interface Call {
  readonly method: string;
  readonly path: string;
  readonly body: Record<string, unknown>;
  readonly at: number;
}

interface Body {
  readonly server: number;
  readonly destination: string;
  readonly gateway: string;
}

/** What a test lets a request end with instead of the normal answer; "hang" swallows it. */
export type Fault = { readonly status: number; readonly code: string } | "hang" | "late" | "failing action";

/** The floating IP part of the Hetzner Cloud API, as small as the agent's use of it. */
export class FakeApi {
  owner: number | null = 2;
  /** Of the IPv6 network, number 70. */
  networkOwner: number | null = 2;
  routes = [{ destination: "0.0.0.0/0", gateway: "127.0.0.2" }];
  readonly calls: Call[] = [];
  /** Decides for each request whether it goes wrong. */
  fault: (call: Call) => Fault | undefined = () => undefined;
  /** Public address of the peer. */
  peerAddress = "127.0.0.9";
  readonly #server = createServer((request, response) => void this.#serve(request, response));
  readonly #token: string;
  #failed = new Set<number>();
  #nextAction = 100;

  constructor(token: string) {
    this.#token = token;
  }

  /** @returns the endpoint */
  async start(): Promise<string> {
    await new Promise<void>((resolve) => this.#server.listen(0, "127.0.0.1", resolve));
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}/v1`;
  }

  async stop(): Promise<void> {
    this.#server.closeAllConnections();
    await new Promise((resolve) => this.#server.close(resolve));
  }

  /** Requests of one kind: `POST /assign`. */
  made(method: string, ending: string): Call[] {
    return this.calls.filter((call) => call.method === method && call.path.endsWith(ending));
  }

  async #serve(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk as Buffer);
    const call: Call = {
      method: request.method ?? "",
      path: (request.url ?? "").replace("/v1", ""),
      body: chunks.length === 0 ? {} : JSON.parse(Buffer.concat(chunks).toString()),
      at: Date.now(),
    };
    this.calls.push(call);
    const answer = (status: number, body: object) => {
      response.writeHead(status, { "Content-Type": "application/json" });
      response.end(JSON.stringify(body));
    };
    if (request.headers.authorization !== `Bearer ${this.#token}`) {
      return answer(401, { error: { code: "unauthorized", message: "" } });
    }
    const fault = this.fault(call);
    if (fault === "hang") return;
    if (fault === "late") await new Promise((resolve) => setTimeout(resolve, 4000));
    if (typeof fault === "object") return answer(fault.status, { error: { code: fault.code, message: "" } });
    return answer(...this.#answer(call, fault === "failing action"));
  }

  #answer(call: Call, failing: boolean): [number, object] {
    const known: [string, string, () => object][] = [
      ["GET", "/servers?name=prod-edge1", () => ({ servers: [this.#machine(1)] })],
      ["GET", "/servers?name=prod-edge2", () => ({ servers: [this.#machine(2)] })],
      ["GET", "/floating_ips/7", () => ({ floating_ip: { id: 7, server: this.owner } })],
      ["GET", "/floating_ips/70", () => ({ floating_ip: { id: 70, server: this.networkOwner } })],
      ["GET", "/networks/9", () => ({ network: { id: 9, routes: this.routes } })],
    ];
    const found = known.find(([method, path]) => method === call.method && path === call.path);
    if (found !== undefined) return [200, found[2]()];
    if (call.method === "GET" && call.path.startsWith("/actions/")) {
      const id = Number(call.path.slice("/actions/".length));
      return [200, { action: { id, status: this.#failed.has(id) ? "error" : "success" } }];
    }
    if (call.method !== "POST") return [404, { error: { code: "not_found", message: call.path } }];
    return this.#act(call, failing);
  }

  #machine(id: number): object {
    return { id, public_net: { ipv4: { ip: this.peerAddress } } };
  }

  #act(call: Call, failing: boolean): [number, object] {
    const id = this.#nextAction++;
    if (failing) this.#failed.add(id);
    else this.#apply(call);
    return [201, { action: { id, status: "running" } }];
  }

  #route({ path }: Call, server: number | null): void {
    if (path.startsWith("/floating_ips/70/")) this.networkOwner = server;
    else this.owner = server;
  }

  #apply(call: Call): void {
    const { destination = "", gateway = "", server = null } = call.body as Partial<Body>;
    if (call.path.endsWith("/unassign")) this.#route(call, null);
    else if (call.path.endsWith("/assign")) this.#route(call, server);
    else if (call.path.endsWith("/delete_route"))
      this.routes = this.routes.filter((r) => r.gateway !== gateway);
    else if (call.path.endsWith("/add_route")) this.routes = [...this.routes, { destination, gateway }];
  }
}
