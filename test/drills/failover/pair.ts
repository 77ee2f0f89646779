// The two load balancers as the drill sees them: past the Hetzner API, which is one of the things that it breaks.
import assert from "node:assert/strict";
import { execa } from "execa";
import type { Fault, FaultStatus } from "../../../localcloud/src/contract/control";
import { askControl, readStatus, type ServerStatus } from "../../../localcloud/src/control/socket";
import { findInit } from "../../../localcloud/src/machines/boot";
import { enterArguments } from "../../../localcloud/src/machines/guest";
import { apiRequests, eventually, settings } from "../../e2e/support/cloud";

/** A load balancer. */
export type Edge = Pick<
  ServerStatus,
  "id" | "name" | "publicIpv4" | "privateIps" | "floatingIps" | "running"
>;

/** Which of the two the address is routed to. */
export interface Pair {
  readonly owner: Edge;
  readonly other: Edge;
  /** The address. */
  readonly ip: string;
}

async function edges(): Promise<[Edge, Edge]> {
  const status = (await readStatus(settings)) ?? assert.fail("the local cloud does not answer");
  const [first, second, ...more] = status.servers
    .filter(({ name }) => /-edge\d$/.test(name))
    // Networks of IPv6 go where the addresses go.
    .map((edge) => ({ ...edge, floatingIps: edge.floatingIps.filter((ip) => !ip.includes(":")) }));
  if (first === undefined || second === undefined || more.length > 0)
    assert.fail("the platform has no pair of load balancers");
  return [first, second];
}

/** @throws when the address is routed to nobody */
export async function pairNow(): Promise<Pair> {
  const [first, second] = await edges();
  const [owner, other] = first.floatingIps.length > 0 ? [first, second] : [second, first];
  return { owner, other, ip: owner.floatingIps[0] ?? assert.fail("the address leads to nobody") };
}

/**
 * Runs a bash command as root inside a machine.
 *
 * @throws with what it printed when it fails
 */
export async function on({ id, name }: Edge, command: string): Promise<string> {
  const init = await findInit(settings, id);
  if (init === undefined) throw new Error(`${name} does not run`);
  const path = "PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";
  const enter = enterArguments(init, ["env", "-i", path, "HOME=/root", "bash", "-c", command]);
  return (await execa("nsenter", enter, { stdin: "ignore", timeout: 30_000 })).stdout.trim();
}

/** Begins a fault of the local cloud. It ends with {@link endFault}, and in ten minutes if the drill dies. */
export async function beginFault(fault: Fault): Promise<FaultStatus> {
  const { fault: begun } = await askControl<{ fault: FaultStatus }>(settings, "POST", "/faults", {
    fault,
    seconds: 600,
  });
  return begun;
}

/** Ends one; that it has ended by itself is no error. */
export async function endFault(id: number): Promise<void> {
  await askControl(settings, "DELETE", `/faults/${id}`).catch((error: unknown) => {
    if (!/no fault/i.test(String(error))) throw error;
  });
}

/** Whatever an earlier round left behind. */
export const endAllFaults = () => askControl<void>(settings, "DELETE", "/faults");

/** Requests and actions that a fault of the API has met so far. */
export async function hitsOf(id: number): Promise<number> {
  const { faults } = await askControl<{ faults: FaultStatus[] }>(settings, "GET", "/faults");
  return faults.find((one) => one.id === id)?.hits ?? 0;
}

/** What the agent of a load balancer says of itself. */
interface AgentState {
  readonly at: number;
  readonly vrrp: string;
  readonly verdict: string;
  readonly peer: Readonly<Record<"private" | "public", { readonly answers: boolean }>>;
}

const readEdge = `systemctl is-active haproxy keepalived floating-ip-agent | xargs
jq -c . /run/floating-ip-agent/state.json
echo 'show stat' | socat -t 5 - /run/haproxy/admin.sock | awk -F, '$1 == "app" && $2 != "BACKEND" && $2 != "FRONTEND" { print $18 }' | xargs`;

interface EdgeView {
  readonly units: string;
  readonly state: AgentState;
  /** `UP`, `DOWN`, `UP 1/3` of each app node. */
  readonly nodes: string;
}

async function viewOf(edge: Edge): Promise<EdgeView> {
  const [units = "", state = "{}", nodes = ""] = (await on(edge, readEdge)).split("\n");
  return { units, state: JSON.parse(state) as AgentState, nodes };
}

/** Whether this load balancer is VRRP master, as its kernel says it. */
export async function isMaster(edge: Edge): Promise<boolean> {
  return (await on(edge, "ip -4 -o address show dev lo to 169.254.51.1")) !== "";
}

/** What keeps the pair from being whole, one sentence each. */
async function troubles(): Promise<string[]> {
  const { owner, other } = await pairNow();
  const [first, second] = await Promise.all([viewOf(owner), viewOf(other)]);
  const said: string[] = [];
  for (const [edge, { units, state, nodes }] of [
    [owner, first],
    [other, second],
  ] as const) {
    const wrong = (is: boolean, what: string) => is && said.push(`${edge.name}: ${what}`);
    wrong(units !== "active active active", `units are ${units}`);
    wrong(Date.now() / 1000 - state.at > 10, "its agent has written nothing for 10 s");
    wrong(state.verdict !== "rest", `verdict ${state.verdict}`);
    wrong(!state.peer.private.answers || !state.peer.public.answers, "does not hear its peer on both sides");
    wrong(!/^UP( UP)*$/.test(nodes), `app nodes are ${nodes}`);
  }
  if (first.state.vrrp !== "MASTER") said.push(`${owner.name} has the address and is no master`);
  if (second.state.vrrp !== "BACKUP") said.push(`${other.name} is ${second.state.vrrp} without the address`);
  return said;
}

const restMs = 3000;

/** Waits until nothing is wrong with the pair and nothing has been for three seconds. */
export async function untilWhole(): Promise<Pair> {
  let since = Date.now();
  await eventually("the pair is whole", 180, async () => {
    const said = await troubles().catch((error: unknown) => [String(error)]);
    if (said.length === 0) return Date.now() - since >= restMs ? true : undefined;
    since = Date.now();
    throw new Error(said.join("; "));
  });
  return pairNow();
}

/** Requests of the API since a moment that moved the address, or would have if they had not met a fault. */
export async function assignments(
  sinceMs: number,
): Promise<{ readonly time: string; readonly status: number }[]> {
  const lines = (await apiRequests()).slice(-5000).map(
    (line) =>
      JSON.parse(line) as {
        readonly time: string;
        readonly method: string;
        readonly path: string;
        readonly status: number;
      },
  );
  return lines.filter(
    ({ time, method, path }) =>
      method === "POST" && /\/floating_ips\/\d+\/actions\/assign$/.test(path) && Date.parse(time) >= sinceMs,
  );
}
