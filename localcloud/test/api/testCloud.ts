// One local cloud in memory for a test: a store in a temporary folder, a host that only records, and a client
// that checks every answer against the public description.
import assert from "node:assert/strict";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import inject from "light-my-request";
import {
  type Api,
  type ApiFaults,
  type ApiSettings,
  createApi,
  openStore,
  type RequestLog,
  type Store,
} from "../../src/api";
import { MemoryHost } from "./memoryHost";
import { responseProblem } from "./openapi";

export const TOKEN = "a".repeat(64);
export const otherToken = "b".repeat(64);
export const readToken = "c".repeat(64);

/** Of an administrator. */
export const sshKey =
  "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIJxrWOUzX2RhfVQ0OPmXsFqYcOo6r1IqAHkKHPYhw9gY someone";

/** JSON as an answer carries it; tests name what they expect, so a wrong path fails where it is read. */
// biome-ignore lint/suspicious/noExplicitAny: answers are judged by the description, not by types
export type Json = any;

export interface Answer {
  readonly status: number;
  readonly headers: Readonly<Record<string, unknown>>;
  readonly body: Json;
}

export interface CallOptions {
  readonly token?: string | null;
  /** Sent as it is, instead of JSON. */
  readonly raw?: string;
  readonly headers?: Record<string, string>;
}

export class TestCloud {
  readonly log: RequestLog[] = [];
  readonly problems: string[] = [];
  private constructor(
    readonly directory: string,
    readonly host: MemoryHost,
    private readonly settings: Partial<ApiSettings>,
    public faults: ApiFaults | undefined,
    public store: Store,
    public api: Api,
  ) {}

  static async start(settings: Partial<ApiSettings> = {}, faults?: ApiFaults): Promise<TestCloud> {
    const directory = mkdtempSync(join(tmpdir(), "localcloud-api-"));
    const host = new MemoryHost();
    const store = openStore(directory);
    const cloud: TestCloud = new TestCloud(
      directory,
      host,
      settings,
      faults,
      store,
      undefined as unknown as Api,
    );
    cloud.api = cloud.build();
    cloud.api.begin();
    await cloud.api.background;
    return cloud;
  }

  private build(): Api {
    return createApi({
      store: this.store,
      host: this.host,
      faults: this.faults,
      settings: {
        tokens: [
          { token: TOKEN, project: "one" },
          { token: otherToken, project: "two" },
          { token: readToken, project: "one", access: "read" },
        ],
        requestsPerHour: 1_000_000,
        onRequest: (line) => this.log.push(line),
        onProblem: (problem) => this.problems.push(problem),
        ...this.settings,
      },
    });
  }

  /** As a kill -9 and a new process: nothing of the old one goes on, the store is read from disk. */
  async restart() {
    await this.api.close();
    this.store.close();
    this.store = openStore(this.directory);
    this.api = this.build();
    this.api.begin();
    await this.api.background;
  }

  async stop() {
    await this.api.close();
    this.store.close();
    rmSync(this.directory, { recursive: true });
  }

  async call(method: string, path: string, body?: unknown, options: CallOptions = {}): Promise<Answer> {
    const token = options.token === undefined ? TOKEN : options.token;
    const payload = options.raw ?? (body === undefined ? undefined : JSON.stringify(body));
    const response = await inject(this.api.listener, {
      method: method as "GET",
      url: `/v1${path}`,
      headers: {
        ...(payload !== undefined && { "content-type": "application/json" }),
        ...(token !== null && { authorization: `Bearer ${token}` }),
        ...options.headers,
      },
      ...(payload !== undefined && { payload }),
    });
    const answer = response.body === "" ? "" : response.json();
    assert.match(String(response.headers["x-correlation-id"]), /^[0-9a-f]+$/);
    if (answer !== "") assert.match(String(response.headers["content-type"]), /^application\/json/);
    const problem = responseProblem(method, path.split("?", 1)[0] ?? "", response.statusCode, answer);
    assert.equal(problem, null);
    if (response.statusCode >= 400) assertError(answer);
    return { status: response.statusCode, headers: response.headers, body: answer };
  }

  /** A call that must succeed. */
  async ok(method: string, path: string, body?: unknown, options?: CallOptions): Promise<Json> {
    const answer = await this.call(method, path, body, options);
    assert.ok(answer.status < 300, `${method} ${path}: ${answer.status} ${JSON.stringify(answer.body)}`);
    return answer.body;
  }

  /** A call that must fail with this code. */
  async fails(
    code: string,
    method: string,
    path: string,
    body?: unknown,
    options?: CallOptions,
  ): Promise<Json> {
    const answer = await this.call(method, path, body, options);
    assert.equal(
      answer.body?.error?.code,
      code,
      `${method} ${path}: ${answer.status} ${JSON.stringify(answer.body)}`,
    );
    return { ...answer.body.error, status: answer.status };
  }

  async get(path: string): Promise<Json> {
    return this.ok("GET", path);
  }

  /** Waits until every action has ended, then asks how this one did. */
  async ended(action: Json): Promise<Json> {
    await this.api.runner.idle();
    return (await this.get(`/actions/${action.id}`)).action;
  }

  async succeeds(action: Json): Promise<void> {
    const ended = await this.ended(action);
    assert.equal(ended.status, "success", `${ended.command}: ${JSON.stringify(ended.error)}`);
    assert.equal(ended.progress, 100);
    assert.notEqual(ended.finished, null);
  }

  async act(path: string, body?: unknown): Promise<Json> {
    const { action, actions } = await this.ok("POST", path, body);
    for (const begun of actions ?? [action]) await this.succeeds(begun);
    return action ?? actions;
  }

  async network(name = "private", subnet = "10.0.1.0/24"): Promise<Json> {
    const { network } = await this.ok("POST", "/networks", {
      name,
      ip_range: "10.0.0.0/16",
      subnets: [{ type: "cloud", network_zone: "eu-central", ip_range: subnet }],
    });
    return network;
  }

  async server(name: string, more: object = {}): Promise<Json> {
    const body = { name, server_type: "cx23", image: "debian-13", location: "fsn1", ...more };
    const { server, action, next_actions } = await this.ok("POST", "/servers", body);
    for (const begun of [action, ...next_actions]) await this.succeeds(begun);
    return (await this.get(`/servers/${server.id}`)).server;
  }
}

function assertError(body: Json) {
  assert.ok("details" in body.error, "details is always there (HC-T4)");
  if (body.error.code === "invalid_input") {
    const [field] = body.error.details.fields;
    assert.ok(field.name.length > 0 && field.messages.length > 0, "invalid_input names a field (HC-T5)");
  }
}
