import type { FastifyInstance, FastifyReply } from "fastify";
import type { Dependencies } from "./dependencies";
import type { StoredObject } from "./objects";

const params = {
  type: "object",
  properties: { key: { type: "string", pattern: "^[A-Za-z0-9][A-Za-z0-9._-]{0,199}$" } },
  required: ["key"],
} as const;

/** They wait in memory until they are whole. */
const mostBytes = 16 * 1024 * 1024;

/** Visitors reach their own uploads only, not the results and not the page's text. */
const storedAs = (key: string) => `uploads/${key}`;

export function registerObjects(app: FastifyInstance, { objects }: Dependencies): void {
  // A scope of its own: here, and only here, every body is taken as bytes, JSON included.
  app.register(async (scope) => {
    scope.removeAllContentTypeParsers();
    scope.addContentTypeParser("*", { parseAs: "buffer" }, (_request, body, done) => done(null, body));

    scope.put<{ Params: { key: string } }>(
      "/api/objects/:key",
      { schema: { params }, bodyLimit: mostBytes },
      async (request, reply) => {
        const body = Buffer.isBuffer(request.body) ? request.body : Buffer.alloc(0);
        const type = request.headers["content-type"] ?? "application/octet-stream";
        await objects.put(storedAs(request.params.key), body, type);
        return reply.code(201).send({ key: request.params.key, bytes: body.length });
      },
    );
    scope.get<{ Params: { key: string } }>(
      "/api/objects/:key",
      { schema: { params } },
      async (request, reply) => {
        const { key } = request.params;
        return sendObject(reply, key, await objects.get(storedAs(key)));
      },
    );
    scope.delete<{ Params: { key: string } }>(
      "/api/objects/:key",
      { schema: { params } },
      async (request, reply) => {
        await objects.remove(storedAs(request.params.key));
        return reply.code(204).send();
      },
    );
  });
}

function sendObject(reply: FastifyReply, key: string, found: StoredObject | undefined): FastifyReply {
  if (found === undefined) {
    const message = `there is no object ${key}`;
    return reply.code(404).send({ error: { code: "not_found", message } });
  }
  // The visitor who stored it chose the type: a browser must not run it as a page of this site.
  reply.header("content-type", found.contentType).header("x-content-type-options", "nosniff");
  reply.header("content-security-policy", "sandbox; default-src 'none'");
  return reply.send(found.body);
}
