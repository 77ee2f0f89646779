// Keeps web pages in the developer's browser away from the control API: they can reach loopback too.
import type { FastifyInstance, FastifyRequest } from "fastify";
import { ControlError } from "../contract/errors";

const loopback = ["127.0.0.1", "localhost", "[::1]"];

/**
 * Refuses requests that a foreign page may have sent: a name that only resolves to loopback (DNS rebinding), a
 * foreign origin, and bodies of the types that a browser sends without asking first.
 */
export function guardAgainstPages(app: FastifyInstance, port: number) {
  const hosts = new Set(loopback.map((name) => `${name}:${port}`));
  const origins = new Set([...hosts].map((host) => `http://${host}`));
  app.addHook("onRequest", async (request) => {
    const { host, origin } = request.headers;
    if (host === undefined || !hosts.has(host)) {
      throw new ControlError(403, `use http://127.0.0.1:${port}/`, [
        { path: "Host", value: host ?? null, remedy: `must be one of ${[...hosts].join(", ")}` },
      ]);
    }
    if (origin !== undefined && !origins.has(origin)) {
      throw new ControlError(403, "only the local cloud's own page may ask", [
        { path: "Origin", value: origin, remedy: `must be one of ${[...origins].join(", ")}, or absent` },
      ]);
    }
    if (request.method !== "GET") requireJson(request);
  });
}

function requireJson(request: FastifyRequest) {
  const type = request.headers["content-type"];
  const without = request.method === "DELETE" && type === undefined;
  if (without || type?.split(";", 1)[0]?.trim().toLowerCase() === "application/json") return;
  throw new ControlError(415, "the body must be JSON", [
    { path: "Content-Type", value: type ?? null, remedy: "must be application/json" },
  ]);
}
