// What any server could reach here: a constant answer, by Node's own HTTP server and by one written in C. Without
// them a rate says as much about the machine as about the cloud.
import { type ChildProcess, spawn } from "node:child_process";
import { mkdir, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { type Endpoint, untilAnswered } from "./http";
import { endOf, stopped } from "./prism";

export interface Limit {
  readonly endpoint: Endpoint;
  readonly pid: number;
  stop(): Promise<void>;
}

const nodeServer = (port: number, body: string) => `const body = ${JSON.stringify(body)};
require("node:http").createServer((request, response) => {
  response.writeHead(200, { "content-type": "application/json", "content-length": Buffer.byteLength(body) });
  response.end(body);
}).listen(${port}, "127.0.0.1");`;

const haproxyConfiguration = (port: number, file: string) => `global
  nbthread 1
defaults
  mode http
  timeout client 10s
  timeout connect 10s
  timeout server 10s
frontend constant
  bind 127.0.0.1:${port}
  http-request return status 200 content-type application/json file ${file}
`;

/** A Node server that does nothing else. */
export function startNodeLimit(port: number, body: string): Promise<Limit> {
  const child = spawn(process.execPath, ["-e", nodeServer(port, body)], { stdio: "ignore" });
  return answering("an empty Node server", port, child);
}

/** HAProxy with one thread, which answers from its memory. */
export async function startHaproxyLimit(port: number, body: string, folder: string): Promise<Limit> {
  await mkdir(folder, { recursive: true });
  const [configuration, answer] = [join(folder, "limit.cfg"), join(folder, "limit.json")];
  await writeFile(answer, body);
  await writeFile(configuration, haproxyConfiguration(port, answer));
  const child = spawn("haproxy", ["-f", configuration], { stdio: "ignore" });
  const limit = await answering("HAProxy with a constant", port, child);
  return {
    ...limit,
    stop: async () => {
      await limit.stop();
      await rm(folder, { recursive: true, force: true });
    },
  };
}

async function answering(name: string, port: number, child: ChildProcess): Promise<Limit> {
  const endpoint: Endpoint = { name, url: `http://127.0.0.1:${port}`, token: "" };
  const stop = () => stopped(child);
  await untilAnswered(endpoint, "/", () => endOf(child)).catch(async (error) => {
    await stop();
    throw error;
  });
  return { endpoint, pid: child.pid ?? 0, stop };
}
