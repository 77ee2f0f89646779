import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import { setTimeout as pause } from "node:timers/promises";
import type { World } from "../host/contract";
import { recentAutomounts } from "../machines/volumes";
import { identities } from "../network/plan";
import type { LocalCloudSettings } from "../settings/cloud";
import { metadataListener } from "../settings/names";
import { type MetadataAnswer, metadataAnswer } from "./document";

export interface MetadataService {
  /**
   * Fault hook of HC-U3: answers to this server come later by so many milliseconds; 0 ends it. Forgotten when the
   * daemon ends.
   */
  slow(serverId: number, milliseconds: number): void;
  close(): void;
}

/**
 * The metadata service of all machines: one listener on the host. The routers rewrite a request's source to
 * the identity of the port on which it came in (HC-G10), so that no machine can ask for another's data.
 */
export async function startMetadataService(
  settings: LocalCloudSettings,
  currentWorld: () => World,
): Promise<MetadataService> {
  const delays = new Map<number, number>();
  const answer = async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    const id = identities(settings, currentWorld()).get(request.socket.remoteAddress ?? "");
    if (id !== undefined) await pause(delays.get(id) ?? 0, undefined, { ref: false });
    const { pathname } = new URL(request.url ?? "/", "http://metadata");
    const { status, body } = await answerTo(settings, currentWorld(), id, pathname);
    response.writeHead(status, { "content-type": "text/plain; charset=utf-8" });
    response.end(status === 204 ? undefined : body);
  };
  const server = createServer((request, response) => {
    answer(request, response).catch(() => response.destroy());
  });
  server.keepAliveTimeout = 5_000;
  await new Promise<void>((resolve, reject) => {
    server.once("error", reject);
    server.listen(settings.metadataPort, metadataListener(settings), resolve);
  });
  return {
    slow(serverId, milliseconds) {
      if (milliseconds > 0) delays.set(serverId, milliseconds);
      else delays.delete(serverId);
    },
    close: () => closeAll(server),
  };
}

async function answerTo(
  settings: LocalCloudSettings,
  world: World,
  id: number | undefined,
  path: string,
): Promise<MetadataAnswer | { readonly status: 403; readonly body: string }> {
  const machine = world.servers.find((candidate) => candidate.id === id);
  if (machine === undefined) {
    return { status: 403, body: "only machines are answered, through their own port" };
  }
  const automounts = path.startsWith("/_internal/")
    ? await recentAutomounts(settings, machine.id)
    : undefined;
  return metadataAnswer(world, machine, path, automounts);
}

function closeAll(server: Server): void {
  server.close();
  server.closeAllConnections();
}
