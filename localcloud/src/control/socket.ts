// The control API as the command line reaches it: over a socket that only root can open.
import { chmod, rm } from "node:fs/promises";
import { createServer, request, type Server } from "node:http";
import type { FastifyInstance } from "fastify";
import type { ControlErrorBody, FaultStatus } from "../contract/control";
import type { ServerSpec } from "../host/contract";
import type { LimitSupport } from "../machines/cgroups";
import type { LocalCloudSettings } from "../settings/cloud";
import { commandName } from "../settings/program";

/** What the daemon tells the command line. */
export interface Status {
  readonly pid: number;
  readonly endpoint: string;
  /** Address of the live map, on this machine only. */
  readonly page: string;
  readonly limits: LimitSupport;
  readonly servers: readonly ServerStatus[];
  /** Helper processes that run: name and process id. */
  readonly services: readonly { readonly name: string; readonly pid: number }[];
  /** Helper processes that end again and again, with how and where their log is. */
  readonly failing: readonly { readonly name: string; readonly ended: string; readonly log: string }[];
  /** What a machine asked for that no machine has here, one sentence each. */
  readonly refusals: readonly string[];
  /** Whether a helper began so lately that it may still end. */
  readonly settling: boolean;
  readonly faults: readonly FaultStatus[];
  /** Resident memory of the daemon. */
  readonly daemonMegabytes: number;
}

export type ServerStatus = Pick<ServerSpec, "id" | "name" | "publicIpv4" | "power"> & {
  readonly running: boolean;
  readonly privateIps: readonly string[];
  readonly floatingIps: readonly string[];
};

/** Serves the control API on its socket too. */
export async function serveSocket(settings: LocalCloudSettings, control: FastifyInstance): Promise<Server> {
  const { controlSocket } = settings.paths;
  await rm(controlSocket, { force: true });
  const server = createServer((incoming, response) => control.routing(incoming, response));
  await new Promise<void>((resolve, reject) => {
    server.once("error", reject);
    server.listen(controlSocket, resolve);
  });
  await chmod(controlSocket, 0o600);
  return server;
}

/** Asks the daemon; undefined when none answers. */
export async function readStatus(settings: LocalCloudSettings): Promise<Status | undefined> {
  const answer = await ask(settings, "GET", "/status").catch(() => undefined);
  if (answer?.status !== 200) return undefined;
  // A daemon that was started by an older version tells less.
  const older: Pick<Status, "failing" | "settling" | "refusals"> = {
    failing: [],
    settling: false,
    refusals: [],
  };
  return { ...older, ...(JSON.parse(answer.text) as Status) };
}

/**
 * Asks the control API of a cloud that is up.
 *
 * @throws with its message when it refuses, and when no cloud is up
 */
export async function askControl<T>(
  settings: LocalCloudSettings,
  method: "GET" | "POST" | "DELETE",
  path: string,
  body?: object,
): Promise<T> {
  const answer = await ask(settings, method, path, body).catch(() => {
    throw new Error(`the local cloud is not up: run \`${commandName} up\``);
  });
  if (answer.status < 300) return (answer.text === "" ? undefined : JSON.parse(answer.text)) as T;
  throw new Error((JSON.parse(answer.text) as ControlErrorBody).error.message);
}

function ask(
  settings: LocalCloudSettings,
  method: string,
  path: string,
  body?: object,
): Promise<{ status: number; text: string }> {
  return new Promise((resolve, reject) => {
    const asked = request(
      {
        socketPath: settings.paths.controlSocket,
        path,
        method,
        // A fault is in force before it is answered, and a full disk takes a while.
        timeout: method === "GET" ? 5_000 : 60_000,
        headers: {
          host: `127.0.0.1:${settings.controlPort}`,
          ...(body !== undefined && { "content-type": "application/json" }),
        },
      },
      (response) => {
        let text = "";
        response.setEncoding("utf8");
        response.on("data", (part: string) => {
          text += part;
        });
        response.on("end", () => resolve({ status: response.statusCode ?? 0, text }));
        response.on("error", reject);
      },
    );
    asked.on("error", reject);
    asked.on("timeout", () => asked.destroy(new Error("the local cloud does not answer")));
    asked.end(body === undefined ? undefined : JSON.stringify(body));
  });
}
