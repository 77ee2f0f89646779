import type { ServerResponse } from "node:http";
import type { FastifyInstance } from "fastify";

const querystring = {
  type: "object",
  properties: { silentSeconds: { type: "integer", minimum: 0, maximum: 3600, default: 5 } },
} as const;

const event = (name: string) => `event: ${name}\ndata: ${new Date().toISOString()}\n\n`;

/** An event stream that says two words, with silence between them, so that somebody can see what becomes of it on the way. */
export function registerEvents(app: FastifyInstance, servedBy: string): void {
  const open = new Set<ServerResponse>();
  // Without their last event: the browser comes back, to another replica.
  app.addHook("preClose", async () => {
    for (const raw of open) raw.end();
  });
  app.get<{ Querystring: { silentSeconds: number } }>(
    "/api/events",
    { schema: { querystring } },
    (request, reply) => {
      reply.hijack();
      const { raw } = reply;
      raw.writeHead(200, {
        "content-type": "text/event-stream",
        "cache-control": "no-store",
        "x-served-by": servedBy,
      });
      raw.write(event("begin"));
      const timer = setTimeout(() => raw.end(event("end")), request.query.silentSeconds * 1000);
      open.add(raw);
      raw.on("close", () => {
        clearTimeout(timer);
        open.delete(raw);
      });
    },
  );
}
