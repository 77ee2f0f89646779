import { createServer, type Server } from "node:http";
import type { World } from "../host";
import { metadataListener } from "../network/names";
import { identities } from "../network/plan";
import type { LocalCloudSettings } from "../settings";
import { metadataAnswer } from "./document";

/**
 * The metadata service of all machines: one listener on the host. The routers rewrite a request's source to
 * the identity of the port on which it came in (HC-G10), so that no machine can ask for another's data.
 */
export async function startMetadataService(
  settings: LocalCloudSettings,
  currentWorld: () => World,
): Promise<Server> {
  const server = createServer((request, response) => {
    const world = currentWorld();
    const source = request.socket.remoteAddress ?? "";
    const id = identities(settings, world).get(source);
    const machine = world.servers.find((candidate) => candidate.id === id);
    const answer =
      machine === undefined
        ? { status: 403, body: "only machines are answered, through their own port" }
        : metadataAnswer(world, machine, new URL(request.url ?? "/", "http://metadata").pathname);
    response.writeHead(answer.status, { "content-type": "text/plain; charset=utf-8" });
    response.end(answer.status === 204 ? undefined : answer.body);
  });
  server.keepAliveTimeout = 5_000;
  await new Promise<void>((resolve, reject) => {
    server.once("error", reject);
    server.listen(settings.metadataPort, metadataListener(settings), resolve);
  });
  return server;
}
