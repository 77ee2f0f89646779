import { readFile } from "node:fs/promises";
import { execa } from "execa";
import { parse } from "yaml";
import { findInit } from "../../../localcloud/src/machines/boot";
import { enterArguments } from "../../../localcloud/src/machines/guest";
import { localCloudSettings } from "../../../localcloud/src/settings/cloud";
import { namesOf } from "../../../localcloud/src/settings/names";
import { projectRoot } from "../../../scripts/localStack";

export const settings = localCloudSettings();

export interface Result {
  readonly stdout: string;
  readonly stderr: string;
  readonly exitCode: number;
}

interface ServerView {
  readonly id: number;
  readonly name: string;
  readonly status: string;
  readonly public_net: {
    readonly ipv4: { readonly ip: string } | null;
    /** A network, of which the machine has the first address: `2001:db8::/64`. */
    readonly ipv6: { readonly ip: string } | null;
  };
  readonly server_type: { readonly name: string };
}

/** A request to the Hetzner API with the local stack's own token. */
export async function api<T>(path: string, method: "GET" | "POST" = "GET", body?: unknown): Promise<T> {
  const response = await fetch(`${settings.endpoint}${path}`, {
    method,
    headers: { authorization: `Bearer ${await token()}`, "content-type": "application/json" },
    body: body === undefined ? undefined : JSON.stringify(body),
  });
  const answer = await response.text();
  if (!response.ok) throw new Error(`${method} ${path}: ${response.status} ${answer}`);
  return JSON.parse(answer) as T;
}

async function token(): Promise<string> {
  const stack = parse(await readFile(`${projectRoot}/Pulumi.local.yaml`, "utf8")) as {
    config: Record<string, string>;
  };
  return stack.config["hcloud:token"] ?? "";
}

export async function servers(): Promise<readonly ServerView[]> {
  return (await api<{ servers: ServerView[] }>("/servers?per_page=50")).servers;
}

export async function serverNamed(name: string): Promise<ServerView> {
  const found = (await servers()).find((server) => server.name === name);
  if (found === undefined) throw new Error(`there is no server ${name}`);
  return found;
}

/** The guest's own environment, not the one of this test run. */
const guestEnvironment = [
  "env",
  "-i",
  "PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin",
  "HOME=/root",
];

/** Runs a bash command as root inside a machine, past SSH, so that tests leave no trace in its log. */
export async function onMachine(
  name: string,
  command: string,
  timeoutSeconds = 120,
  input?: string,
): Promise<Result> {
  const { id } = await serverNamed(name);
  const init = await findInit(settings, id);
  if (init === undefined) throw new Error(`${name} does not run`);
  const enter = enterArguments(init, [...guestEnvironment, "bash", "-c", command]);
  return run("nsenter", enter, timeoutSeconds, input);
}

/** As `onMachine`, and fails when the command does. */
export async function must(
  name: string,
  command: string,
  timeoutSeconds = 120,
  input?: string,
): Promise<string> {
  const result = await onMachine(name, command, timeoutSeconds, input);
  if (result.exitCode !== 0) throw new Error(`${name}: ${command}\n${result.stdout}\n${result.stderr}`);
  return result.stdout.trim();
}

/** Runs a bash command as a client somewhere on the internet. */
export async function fromInternet(command: string, timeoutSeconds = 120): Promise<Result> {
  return run("ip", ["netns", "exec", namesOf(settings).internet, "bash", "-c", command], timeoutSeconds);
}

async function run(
  command: string,
  args: readonly string[],
  timeoutSeconds: number,
  input?: string,
): Promise<Result> {
  const { stdout, stderr, exitCode } = await execa(command, args, {
    reject: false,
    timeout: timeoutSeconds * 1000,
    ...(input === undefined ? { stdin: "ignore" } : { input }),
  });
  return { stdout, stderr, exitCode: exitCode ?? 1 };
}

/** Ports on which a machine listens to others over TCP, in order. */
export async function listeningPorts(name: string): Promise<number[]> {
  const sockets = await must(name, "ss -Hltn | awk '{print $4}'");
  const others = sockets.split("\n").filter((socket) => !/^(127\.|\[::1\]|\[::ffff:127\.)/.test(socket));
  const ports = others.map((socket) => Number(socket.slice(socket.lastIndexOf(":") + 1)));
  return [...new Set(ports)].sort((left, right) => left - right);
}

/** Polls until the answer is not undefined. @throws after the time limit, with what was awaited */
export async function eventually<T>(
  what: string,
  seconds: number,
  ask: () => Promise<T | undefined>,
): Promise<T> {
  const deadline = Date.now() + seconds * 1000;
  let last = "";
  while (Date.now() < deadline) {
    const answer = await ask().catch((error: unknown) => {
      last = String(error);
      return undefined;
    });
    if (answer !== undefined) return answer;
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
  throw new Error(`after ${seconds} s still not: ${what}${last === "" ? "" : `; last: ${last}`}`);
}

/** Number of logins that each machine's sshd has accepted since it began. */
export async function sshLogins(): Promise<Record<string, number>> {
  const counts = await Promise.all(
    (await servers()).map(async ({ name }) => {
      const count = await must(
        name,
        "journalctl -q -t sshd -t sshd-session -o cat | grep -c '^Accepted' || true",
      );
      return [name, Number(count)] as const;
    }),
  );
  return Object.fromEntries(counts);
}

/** Lines of the API's log so far. */
export async function apiRequests(): Promise<readonly string[]> {
  return (await readFile(settings.paths.apiLog, "utf8")).trim().split("\n");
}
