import type { Config } from "./config";
import type { Item } from "./database";

const index = "items";

export interface SearchHit {
  readonly id: string;
  readonly score: number;
  readonly name: string;
  readonly text: string;
}

/** Elasticsearch over its HTTP interface: five calls do not need a client library. */
export interface Search {
  createIndex(): Promise<void>;
  add(item: Item): Promise<void>;
  find(words: string, limit: number): Promise<SearchHit[]>;
  count(): Promise<number>;
  ping(): Promise<void>;
}

export function openSearch(config: Config): Search {
  const call = caller(config);
  return {
    async createIndex() {
      const answer = await call("PUT", `/${index}`, {
        // No replica on a single node, one as soon as there are two.
        settings: { number_of_shards: 1, auto_expand_replicas: "0-1", refresh_interval: "1s" },
        mappings: {
          dynamic: "strict",
          properties: { name: { type: "text" }, text: { type: "text" }, createdAt: { type: "date" } },
        },
      });
      if (answer.status === 400 && answer.text.includes("resource_already_exists")) return;
      refuse(answer);
    },
    async add({ id, name, text, createdAt }) {
      refuse(await call("PUT", `/${index}/_doc/${encodeURIComponent(id)}`, { name, text, createdAt }));
    },
    async find(words, limit) {
      const query = { multi_match: { query: words, fields: ["name^2", "text"], operator: "and" } };
      const answer = refuse(await call("POST", `/${index}/_search`, { size: limit, query }));
      const body = JSON.parse(answer.text) as SearchAnswer;
      return body.hits.hits.map((hit) => ({ id: hit._id, score: hit._score, ...hit._source }));
    },
    async count() {
      const answer = refuse(await call("GET", `/${index}/_count`));
      return (JSON.parse(answer.text) as { count: number }).count;
    },
    async ping() {
      refuse(await call("GET", "/"));
    },
  };
}

interface SearchAnswer {
  readonly hits: {
    readonly hits: readonly {
      readonly _id: string;
      readonly _score: number;
      readonly _source: { readonly name: string; readonly text: string };
    }[];
  };
}

interface Answer {
  readonly status: number;
  readonly text: string;
}

function caller(config: Config) {
  const base = new URL(config.elasticsearchUrl);
  const credentials = `${decodeURIComponent(base.username)}:${decodeURIComponent(base.password)}`;
  const headers: Record<string, string> = { "content-type": "application/json" };
  if (base.username !== "") headers.authorization = `Basic ${Buffer.from(credentials).toString("base64")}`;
  const origin = `${base.origin}${base.pathname.replace(/\/$/, "")}`;
  return async (method: string, path: string, body?: unknown): Promise<Answer> => {
    const response = await fetch(`${origin}${path}`, {
      method,
      headers,
      body: body === undefined ? undefined : JSON.stringify(body),
      signal: AbortSignal.timeout(config.dependencyTimeoutMs),
    });
    return { status: response.status, text: await response.text() };
  };
}

function refuse(answer: Answer): Answer {
  if (answer.status >= 400) {
    throw new Error(`Elasticsearch answered ${answer.status}: ${answer.text.slice(0, 200)}`);
  }
  return answer;
}
