import { execFileSync, spawn } from "node:child_process";
import { readFileSync, rmSync, writeFileSync } from "node:fs";
import { createServer, request, type Server } from "node:http";
import { join } from "node:path";
import { planReplicas } from "../../../../../components/roles/app/replicas";
import type { ServiceSettings } from "../../../../../components/roles/app/settings";
import { traefikDynamic, traefikStatic } from "../../../../../components/roles/app/traefik";
import { services as stackServices, topology } from "./stack";

/**
 * Runs in a network of its own: the real Traefik with the rendered files, replicas made of Node. Prints what
 * happened as one JSON object; the test judges it.
 *
 * Usage: traefikScenario.ts BINARY FOLDER
 */
const [, , binary = "", folder = ""] = process.argv;
const node = "10.0.2.11";
const domain = "www.example.com";
const [loadBalancer] = topology.edge;
const web = webService();
const services = { ...stackServices, shop: { ...web, host: "shop.example.com", replicas: 1 } };
const dynamicPath = join(folder, "services.yaml");

function webService(): ServiceSettings {
  const { web: service } = stackServices;
  if (service === undefined) throw new Error("the stack has a web service");
  return service;
}

interface Answer {
  readonly status: number;
  readonly body: string;
}

function ask(
  path: string,
  options: { from?: string; headers?: Record<string, string> } = {},
): Promise<Answer> {
  return new Promise((resolve) => {
    const asked = request(
      { host: node, path, localAddress: options.from, headers: options.headers, agent: false, timeout: 5000 },
      (response) => {
        let body = "";
        response.on("data", (chunk) => {
          body += chunk;
        });
        response.on("end", () => resolve({ status: response.statusCode ?? 0, body }));
        response.on("error", (error) => resolve({ status: 0, body: error.message }));
      },
    );
    asked.on("timeout", () => asked.destroy(new Error("timeout")));
    asked.on("error", (error) => resolve({ status: 0, body: error.message }));
    asked.end();
  });
}

/** As the load balancers ask: a GET that meets 502 or 503 is asked once more. */
async function askAsLoadBalancer(path: string): Promise<Answer> {
  const answer = await ask(path);
  return answer.status === 502 || answer.status === 503 ? ask(path) : answer;
}

/** Who answers a path, over several requests. */
async function answering(path: string, host = "www.example.com"): Promise<string[]> {
  const answers = [];
  for (let count = 0; count < 8; count++) answers.push(await ask(path, { headers: { host } }));
  return [
    ...new Set(answers.map(({ status, body }) => (status === 200 ? JSON.parse(body).name : status))),
  ].sort();
}

async function until(condition: () => Promise<boolean>, seconds = 10): Promise<boolean> {
  const deadline = Date.now() + seconds * 1000;
  while (!(await condition())) {
    if (Date.now() > deadline) return false;
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
  return true;
}

const ready = new Map<string, boolean>();
const servers = new Map<string, Server>();

function startReplica(name: string, address: string): void {
  execFileSync("ip", ["address", "replace", `${address}/32`, "dev", "lo"]);
  ready.set(name, true);
  const server = createServer((incoming, response) => {
    if (incoming.url === "/health/ready") return response.writeHead(ready.get(name) ? 200 : 503).end();
    return response.end(JSON.stringify({ name, url: incoming.url, headers: incoming.headers }));
  });
  server.listen(3000, address);
  servers.set(name, server);
}

/** Addresses, replicas and configuration files. @returns the static file */
function prepare(): string {
  execFileSync("ip", ["link", "set", "lo", "up"]);
  for (const address of [node, loadBalancer.privateIp]) {
    execFileSync("ip", ["address", "add", `${address}/32`, "dev", "lo"]);
  }
  const replicas = planReplicas(services);
  for (const { name, address, service } of replicas) {
    if (service.port !== undefined) startReplica(name, address);
  }
  writeFileSync(dynamicPath, traefikDynamic(services, replicas, domain));
  const staticPath = join(folder, "traefik.yaml");
  writeFileSync(
    staticPath,
    traefikStatic(node, [loadBalancer.privateIp]).replaceAll("/etc/traefik/dynamic", folder),
  );
  return staticPath;
}

type Seen = Record<string, unknown>;

async function whoAnswers(): Promise<Seen> {
  const routes = {
    "/": await answering("/"),
    "/page": await answering("/page"),
    "/api": await answering("/api"),
    "/api/items": await answering("/api/items"),
    "/apiary": await answering("/apiary"),
    "/admin/users": await answering("/admin/users"),
    "shop /": await answering("/", "shop.example.com"),
  };
  const forwarded = { "x-forwarded-for": "192.0.2.1", "x-forwarded-proto": "https", host: "www.example.com" };
  const headersFrom = async (from: string) =>
    JSON.parse((await ask("/", { from, headers: forwarded })).body).headers;
  return {
    routes,
    fromLoadBalancer: await headersFrom(loadBalancer.privateIp),
    fromOther: await headersFrom(node),
  };
}

/** A replica says that it is not ready, and then that it is again. */
async function drainOne(): Promise<Seen> {
  ready.set("web-1", false);
  const draining = await until(async () => String(await answering("/")) === "web-2");
  ready.set("web-1", true);
  return { draining, backAgain: await until(async () => String(await answering("/")) === "web-1,web-2") };
}

/** A replica dies, and then the other one is not ready either. */
async function loseBoth(): Promise<Seen> {
  servers.get("web-2")?.closeAllConnections();
  servers.get("web-2")?.close();
  const answers = [];
  for (let number = 0; number < 50; number++) answers.push({ number, ...(await askAsLoadBalancer("/")) });
  ready.set("web-1", false);
  const seen = {
    failuresAfterKill: answers.filter(({ status }) => status !== 200),
    notReady: await until(async () => (await ask("/.platform/ready")).status === 503),
    apiWithoutWeb: await answering("/api"),
    pingWithoutWeb: (await ask("/.platform/ping")).status,
  };
  ready.set("web-1", true);
  await until(async () => (await ask("/.platform/ready")).status === 200);
  return seen;
}

async function scale(): Promise<Seen> {
  const more = { ...services, web: { ...web, replicas: 3 } };
  const third = planReplicas(more).find((replica) => replica.name === "web-3");
  if (third !== undefined) startReplica(third.name, third.address);
  // As the setup script replaces files: a temporary one beside it, then a rename.
  writeFileSync(join(folder, ".platform-candidate"), traefikDynamic(more, planReplicas(more), domain));
  execFileSync("mv", [join(folder, ".platform-candidate"), dynamicPath]);
  return { scaled: await until(async () => (await answering("/")).includes("web-3")) };
}

async function main(): Promise<void> {
  const staticPath = prepare();
  const log = join(folder, "log");
  const traefik = spawn("bash", ["-c", 'exec "$0" --configFile="$1" >"$2" 2>&1', binary, staticPath, log]);
  const ended = new Promise<number | null>((resolve) => traefik.on("exit", resolve));
  const result: Seen = {
    up: await until(async () => (await ask("/.platform/ready")).status === 200),
    ...(await whoAnswers()),
    ...(await drainOne()),
    ...(await loseBoth()),
    ...(await scale()),
  };

  traefik.kill("SIGTERM");
  result.announcesStop = await until(async () => (await ask("/.platform/ping")).status === 503, 2);
  result.servesWhileStopping = (await ask("/")).status;
  result.exitCode = await ended;
  result.log = readFileSync(log, "utf8")
    .split("\n")
    .filter((line) => /"level":"(error|fatal)"/.test(line));
  process.stdout.write(`RESULT ${JSON.stringify(result)}\n`);
  rmSync(log);
  process.exit(0);
}

void main();
