// The local cloud's API with Hetzner's times or without, while its machines go on.
import { readFile } from "node:fs/promises";
import { readStatus } from "../../../localcloud/src/control/socket";
import { up } from "../../../localcloud/src/daemon/up";
import { eventually, settings } from "../../e2e/support/cloud";
import { beginFault } from "./pair";
import type { ApiTimes } from "./report";

const variable = "LOCALCLOUD_TIME";

async function daemonPid(): Promise<number> {
  const status = await readStatus(settings);
  if (status === undefined) throw new Error("the local cloud does not answer");
  return status.pid;
}

async function timesNow(): Promise<string> {
  const environment = (await readFile(`/proc/${await daemonPid()}/environ`, "utf8")).split("\0");
  return environment.find((one) => one.startsWith(`${variable}=`))?.slice(variable.length + 1) ?? "instant";
}

/** Starts the daemon anew when it has other times; machines and networks outlive it. */
export async function bringApiTimes(times: ApiTimes): Promise<void> {
  if ((await timesNow()) === times) return;
  const pid = await daemonPid();
  process.kill(pid, "SIGTERM");
  await eventually("the daemon has stopped", 30, async () => {
    const gone = await readFile(`/proc/${pid}/stat`, "utf8").then(
      () => undefined,
      () => true,
    );
    return gone;
  });
  process.env[variable] = times;
  await up();
  if ((await timesNow()) !== times) throw new Error(`the daemon has not taken ${variable}=${times}`);
}

/** What Hetzner is estimated to need for a move. */
const moveMs = 1500;

/**
 * The local cloud moves an address at the beginning of the action that takes Hetzner's time. Nobody knows when within
 * it Hetzner does, so here it is at the end: the request itself waits for as long.
 */
export async function delayMoves(times: ApiTimes): Promise<void> {
  if (times === "instant") return;
  const pattern = "POST /floating_ips/{id}/actions/assign";
  await beginFault({ kind: "api", effect: "latency", delayMs: moveMs, pattern });
}
