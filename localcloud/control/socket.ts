import { chmod, rm } from "node:fs/promises";
import { createServer, request, type Server } from "node:http";
import type { ServerSpec } from "../host";
import type { LimitSupport } from "../machines/cgroups";
import type { LocalCloudSettings } from "../settings";

/** What the daemon tells the command line. */
export interface Status {
  readonly pid: number;
  readonly endpoint: string;
  readonly limits: LimitSupport;
  readonly servers: readonly ServerStatus[];
  /** Helper processes that run: name and process id. */
  readonly services: readonly { readonly name: string; readonly pid: number }[];
  /** Resident memory of the daemon. */
  readonly daemonMegabytes: number;
}

export type ServerStatus = Pick<ServerSpec, "id" | "name" | "publicIpv4" | "power"> & {
  readonly running: boolean;
  readonly privateIps: readonly string[];
  readonly floatingIps: readonly string[];
};

/** Serves the control socket; only root can open it. */
export async function serveControl(
  settings: LocalCloudSettings,
  status: () => Promise<Status>,
): Promise<Server> {
  const { controlSocket } = settings.paths;
  await rm(controlSocket, { force: true });
  const server = createServer((_, response) => {
    status().then(
      (value) => response.end(JSON.stringify(value)),
      (error) => response.writeHead(500).end(String(error)),
    );
  });
  await new Promise<void>((resolve, reject) => {
    server.once("error", reject);
    server.listen(controlSocket, resolve);
  });
  await chmod(controlSocket, 0o600);
  return server;
}

/** Asks the daemon; undefined when none answers. */
export function readStatus(settings: LocalCloudSettings): Promise<Status | undefined> {
  return new Promise((resolve) => {
    const asked = request(
      { socketPath: settings.paths.controlSocket, path: "/", timeout: 5_000 },
      (response) => {
        let text = "";
        response.setEncoding("utf8");
        response.on("data", (part: string) => {
          text += part;
        });
        response.on("end", () =>
          resolve(response.statusCode === 200 ? (JSON.parse(text) as Status) : undefined),
        );
      },
    );
    asked.on("error", () => resolve(undefined));
    asked.on("timeout", () => asked.destroy());
    asked.end();
  });
}
