import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { createServer, type IncomingHttpHeaders, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type ExecaChildProcess, execa } from "execa";
import type { MachinePlan } from "../../../../../components/plan/plan";
import { firstAddress } from "../../../../../components/roles/edge/addresses";
import { agentConfig } from "../../../../../components/roles/edge/agent";
import { agentModules } from "../../../../../components/roles/edge/agent/files";
import { agentOptions, edge1, edge2 } from "./options";
import { type Nonsense, type PeerState, standInPeer } from "./standInPeer";

/** What the peer answers when it is asked for its state; undefined: nothing listens. See `standInPeer`. */
export type PeerAnswer = PeerState | Nonsense | "no agent" | undefined;

/** The real agent as a process, with a kernel table that the test writes instead of keepalived. */
export class AgentProcess {
  peerPrivate: PeerAnswer;
  peerPublic: PeerAnswer;
  /** Nobody is there unless a test says so. */
  healthUrl = "http://127.0.0.1:1/healthz";
  /** Another agent that this one asks over the public side, in the place of `peerPublic`. */
  peerAgent: AgentProcess | undefined;
  /** An agent of before answers were signed: it believes every answer, and signs none. */
  former = false;
  /** It moves an IPv6 network too, number 70. */
  ipv6 = false;
  /** Headers of the newest question over the public side. */
  asked: IncomingHttpHeaders = {};
  #folder = "";
  #port = 0;
  #process: ExecaChildProcess | undefined;
  readonly #servers: Server[] = [];

  constructor(
    readonly endpoint: string,
    /** The machine that it runs on, and the other one. */
    private readonly pair: readonly [MachinePlan, MachinePlan] = [edge1, edge2],
  ) {}

  async start(master: boolean): Promise<void> {
    this.#folder = await mkdtemp(join(tmpdir(), "floating-ip-agent-"));
    for (const [name, content] of Object.entries(agentModules())) {
      await writeFile(this.#path(name), content);
    }
    const privatePort = await this.#peerSide(() => this.peerPrivate);
    const publicPort =
      (await this.peerAgent?.port()) ??
      (await this.#peerSide(
        () => this.peerPublic,
        (headers) => {
          this.asked = headers;
        },
      ));
    const config = JSON.parse(
      agentConfig(...this.pair, firstAddress, {
        ...agentOptions,
        ...(this.ipv6 && { floatingIpv6Ids: [70] }),
        apiEndpoint: this.endpoint,
      }),
    );
    config.peer.privateUrl = `http://127.0.0.1:${privatePort}/state`;
    config.peer.publicPath = `:${publicPort}/.well-known/platform-edge`;
    config.fifo = this.#path("vrrp.fifo");
    config.port = await this.port();
    config.healthUrl = this.healthUrl;
    config.outside.resolvers = ["127.0.0.1"];
    config.outside.asideFile = this.#path("aside");
    config.ownerFile = this.#path("owner");
    await writeFile(this.#path("config.json"), JSON.stringify(config));
    await writeFile(this.#path("token"), `${agentOptions.apiToken}\n`, { mode: 0o600 });
    for (const flag of [config.outside.asideFile, config.ownerFile]) await writeFile(flag, "0\n");
    await execa("mkfifo", [config.fifo]);
    await this.#writeTable(master);
    this.#process = execa("python3", ["-s", "-E", this.#path("runner.py")], {
      reject: false,
      all: true,
      env: { PYTHONDONTWRITEBYTECODE: "1" },
    });
  }

  /** Where it answers. */
  async port(): Promise<number> {
    this.#port ||= await freePort();
    return this.#port;
  }

  /** Changes the VRRP state as keepalived does: first the kernel, then the event. */
  async become(master: boolean): Promise<void> {
    await this.#writeTable(master);
    await writeFile(this.#path("vrrp.fifo"), 'INSTANCE "edge" SOMETHING 100\n', { flag: "r+" });
  }

  async state(): Promise<Record<string, unknown>> {
    return JSON.parse(await readFile(this.#path("state.json"), "utf8"));
  }

  /** Whether it tells keepalived that the address is here. */
  async owns(): Promise<boolean> {
    return (await readFile(this.#path("owner"), "utf8")) === "1\n";
  }

  /** What the peer gets when it asks; one of an older version sends no nonce. */
  async ask(nonce?: string): Promise<Response> {
    const headers: Record<string, string> = nonce === undefined ? {} : { "X-Platform-Nonce": nonce };
    return fetch(`http://127.0.0.1:${this.#port}/state`, { headers });
  }

  async served(): Promise<string> {
    return (await this.ask()).text();
  }

  get pid(): number | undefined {
    return this.#process?.pid;
  }

  /** @returns what the agent printed */
  async stop(): Promise<string> {
    this.#process?.kill("SIGTERM");
    const result = await this.#process;
    for (const server of this.#servers) {
      server.closeAllConnections();
      server.close();
    }
    await rm(this.#folder, { recursive: true, force: true });
    return String(result?.all ?? "");
  }

  #path(name: string): string {
    return join(this.#folder, name);
  }

  /** The program as it is, reading the table of the test in the place of the kernel's. */
  async #writeTable(master: boolean): Promise<void> {
    const entry = "           |-- 169.254.51.1\n              /32 host LOCAL\n";
    const other = "           |-- 127.0.0.1\n              /32 host LOCAL\n";
    await writeFile(this.#path("fib_trie"), master ? other + entry : other);
    const runner = `import sys
sys.argv = ["agent.py", ${JSON.stringify(this.#path("config.json"))}, ${JSON.stringify(this.#path("token"))}, ${JSON.stringify(this.#path("state.json"))}]
import local
local.is_master.__defaults__ = (${JSON.stringify(this.#path("fib_trie"))},)
import agent
import signing
if ${this.former ? "True" : "False"}:
    signing.Key.sign = lambda *_: ""
    signing.Key.signed = lambda *_: True
    import peer
    peer.Side._question = lambda side, *_: {peer.FORMER_HEADER: side.former_pass} if side.former_pass else {}
    agent.Agent.may_ask = lambda self, path, headers: path != self.config["publicPage"] or headers.get(peer.FORMER_HEADER) == self.config["peer"]["pass"]
# Seconds that the tests need not wait for; they have a test of their own.
agent.TIMER = 1.0
agent.OWNER_AGE_MASTER = 0.9
import twin
twin.KEEPER_AGE = 0.9
agent.main()
`;
    await writeFile(this.#path("runner.py"), runner);
  }

  async #peerSide(
    answer: () => PeerAnswer,
    seen: (headers: IncomingHttpHeaders) => void = () => {},
  ): Promise<number> {
    const [self, peer] = this.pair.map(({ hostname }) => hostname) as [string, string];
    const server = standInPeer(
      { self, peer, key: agentOptions.pairKey, pass: agentOptions.statePass },
      answer,
      seen,
    );
    this.#servers.push(server);
    await new Promise<void>((resolve) => server.listen(0, resolve));
    return (server.address() as AddressInfo).port;
  }
}

async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as AddressInfo;
  await new Promise((resolve) => server.close(resolve));
  return port;
}
