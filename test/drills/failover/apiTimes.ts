// The local cloud's API with Hetzner's times or without, while its machines go on.
import { readFile } from "node:fs/promises";
import { readStatus } from "../../../localcloud/src/control/socket";
import { up } from "../../../localcloud/src/daemon/up";
import { eventually, settings } from "../../e2e/support/cloud";
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
