import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { execa } from "execa";
import type { Machine } from "./machine";
import { virtualIp } from "./sides";

/** Somebody in a network of his own, at the other end of a cable to the machine. */
export interface Visitor {
  /** Requests without pause by wrk, whose own work is outside of what is counted. */
  load(
    method: "GET" | "POST",
    url: string,
    connections: number,
    seconds: number,
  ): Promise<{ readonly requests: number; readonly rate: number }>;
  stop(): Promise<void>;
}

const [own, gateway] = ["198.51.100.2", "198.51.100.1"];

/**
 * The machine gets an interface with the virtual IP, as the owner of a floating IP has it, and all requests come in
 * there. Keepalived and the agent only move the address; no request passes them.
 */
export async function connectVisitor(machine: Machine): Promise<Visitor> {
  const holder = execa("unshare", ["--net", "sleep", "infinity"], { reject: false });
  const pid = holder.pid;
  if (pid === undefined) throw new Error("no network for the visitor");
  const folder = await mkdtemp(join(tmpdir(), "visitor-"));
  const script = join(folder, "post.lua");
  await writeFile(script, 'wrk.method = "POST"\nwrk.body = "an order"\n');
  await plugIn(machine, pid);
  return {
    load: async (method, url, connections, seconds) => {
      const how = method === "POST" ? ["-s", script] : [];
      const given = [`-c${connections}`, `-d${Math.round(seconds)}s`, "-HHost: www.example.com", ...how, url];
      const { stdout } = await execa("nsenter", [`--target=${pid}`, "--net", "wrk", "-t1", ...given]);
      const requests = Number(/(\d+) requests in/.exec(stdout)?.[1]);
      const rate = Number(/Requests\/sec:\s+([\d.]+)/.exec(stdout)?.[1]);
      if (!(requests > 0) || /Non-2xx|Socket errors/.test(stdout)) throw new Error(`${url}:\n${stdout}`);
      return { requests, rate };
    },
    stop: async () => {
      holder.kill();
      await holder;
      await rm(folder, { recursive: true, force: true });
    },
  };
}

/** A cable between the networks of two processes. */
async function plugIn(machine: Machine, visitor: number): Promise<void> {
  const inside = (target: number, command: string) =>
    execa("nsenter", [`--target=${target}`, "--net", "bash", "-ec", command]);
  // unshare has its network a moment after it has begun.
  await execa("bash", [
    "-ec",
    `until [ "$(readlink /proc/${visitor}/ns/net)" != "$(readlink /proc/self/ns/net)" ]; do sleep 0.01; done`,
  ]);
  await inside(
    machine.init,
    `ip link add internet type veth peer name visitor netns ${visitor}
ip address add ${gateway}/24 dev internet
ip address add ${virtualIp}/32 dev internet
ip link set internet up`,
  );
  await inside(
    visitor,
    `ip address add ${own}/24 dev visitor; ip link set visitor up; ip route add default via ${gateway}`,
  );
}
