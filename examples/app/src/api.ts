import { randomUUID } from "node:crypto";
import type { FastifyBaseLogger, FastifyInstance } from "fastify";
import type { Config } from "./config";
import { findItem, type Item, insertItem, listItems } from "./database";
import { type Dependencies, messageOf } from "./dependencies";
import { registerEcho } from "./echo";
import { registerEvents } from "./events";
import { identityOf } from "./identity";
import { enqueueJob, findJob } from "./jobs";
import { registerObjects } from "./objectRoutes";
import type { Search } from "./search";
import { nameOf } from "./server";

const idParams = {
  type: "object",
  properties: { id: { type: "string", format: "uuid" } },
  required: ["id"],
} as const;

const limitQuery = {
  type: "object",
  properties: { limit: { type: "integer", minimum: 1, maximum: 100, default: 20 } },
} as const;

const notFound = (what: string, id: string) => ({
  error: { code: "not_found", message: `there is no ${what} ${id}` },
});

export function registerApi(app: FastifyInstance, config: Config, dependencies: Dependencies): void {
  const identity = identityOf(config);
  app.get("/api/whoami", async () => identity);
  registerEcho(app, nameOf(identity));
  registerEvents(app, nameOf(identity));
  registerJobs(app, dependencies);
  registerItems(app, dependencies);
  registerSearch(app, dependencies);
  registerObjects(app, dependencies);
}

function registerJobs(app: FastifyInstance, { database, redis }: Dependencies): void {
  const body = {
    type: "object",
    properties: {
      text: { type: "string", minLength: 1, maxLength: 65_536 },
      rounds: { type: "integer", minimum: 1, maximum: 50_000_000, default: 1 },
    },
    required: ["text"],
    additionalProperties: false,
  } as const;
  app.post<{ Body: { text: string; rounds: number } }>(
    "/api/jobs",
    { schema: { body } },
    async (request, reply) => {
      const id = randomUUID();
      await enqueueJob(database, redis, { id, ...request.body });
      reply.code(202).header("location", `/api/jobs/${id}`);
      return { id, status: "queued" };
    },
  );
  app.get<{ Params: { id: string } }>(
    "/api/jobs/:id",
    { schema: { params: idParams } },
    async (request, reply) => {
      const job = await findJob(database, request.params.id);
      if (job === undefined) return reply.code(404).send(notFound("job", request.params.id));
      return job;
    },
  );
}

function registerItems(app: FastifyInstance, { database, search }: Dependencies): void {
  const body = {
    type: "object",
    properties: {
      name: { type: "string", minLength: 1, maxLength: 200 },
      text: { type: "string", maxLength: 65_536, default: "" },
    },
    required: ["name"],
    additionalProperties: false,
  } as const;
  app.post<{ Body: { name: string; text: string } }>(
    "/api/items",
    { schema: { body } },
    async (request, reply) => {
      const item = await insertItem(database, { id: randomUUID(), ...request.body });
      const indexed = await isIndexed(search, item, request.log);
      reply.code(201).header("location", `/api/items/${item.id}`);
      return { ...item, indexed };
    },
  );
  app.get<{ Querystring: { limit: number } }>(
    "/api/items",
    { schema: { querystring: limitQuery } },
    async (request) => ({ items: await listItems(database, request.query.limit) }),
  );
  app.get<{ Params: { id: string } }>(
    "/api/items/:id",
    { schema: { params: idParams } },
    async (request, reply) => {
      const item = await findItem(database, request.params.id);
      if (item === undefined) return reply.code(404).send(notFound("item", request.params.id));
      return item;
    },
  );
}

/** PostgreSQL is the truth: an item that cannot be indexed now is stored all the same. */
async function isIndexed(search: Search, item: Item, log: FastifyBaseLogger): Promise<boolean> {
  try {
    await search.add(item);
    return true;
  } catch (error) {
    log.warn({ item: item.id, error: messageOf(error) }, "item not indexed");
    return false;
  }
}

function registerSearch(app: FastifyInstance, { search }: Dependencies): void {
  const querystring = {
    type: "object",
    properties: { ...limitQuery.properties, q: { type: "string", minLength: 1, maxLength: 200 } },
    required: ["q"],
  } as const;
  app.get<{ Querystring: { q: string; limit: number } }>(
    "/api/search",
    { schema: { querystring } },
    async (request) => ({ hits: await search.find(request.query.q, request.query.limit) }),
  );
}
