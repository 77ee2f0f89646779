// Machines without power: one, or all of a physical host. When the fault ends, power is back and they boot.
import { setTimeout } from "node:timers/promises";
import type { ActionRunner } from "../actions/runner";
import { isLocked } from "../api/calls/locks";
import { startServer } from "../api/servers/serverPower";
import { refuse } from "../contract/errors";
import { signal } from "../linux/processes";
import { findInit } from "../machines/boot";
import type { LocalCloudSettings } from "../settings/cloud";
import type { Store } from "../state/store";
import { serversByHost } from "./physicalHosts";
import type { FaultRecord } from "./record";
import type { FaultDriver, FaultOf } from "./registry";
import { runningServer } from "./targets";

export interface PowerFaults {
  readonly "power-off": FaultDriver<FaultOf<"power-off">>;
  readonly "host-failure": FaultDriver<FaultOf<"host-failure">>;
}

export function powerFaults(settings: LocalCloudSettings, store: Store, runner: ActionRunner): PowerFaults {
  const shared = {
    begin: async ({ servers }: FaultRecord) => {
      await Promise.all(servers.map((id) => cutPower(settings, store, id)));
    },
    // Who is powered on during the fault stays on: the plug was pulled once.
    resume: async () => undefined,
    end: async ({ servers }: FaultRecord) => {
      for (const id of servers) powerOn(store, runner, id);
    },
  };
  return {
    "power-off": { ...shared, targets: ({ server }) => [runningServer(store, server).id] },
    "host-failure": {
      ...shared,
      targets: ({ host }) => {
        const on = serversByHost(store.list("server"));
        const servers = on.get(host);
        if (servers !== undefined) return servers;
        const known = [...on].map(([number, ids]) => `${number} (${ids.length})`).join(", ");
        throw refuse(
          "fault.host",
          host,
          known === "" ? "no server runs" : `hosts with servers that run: ${known}`,
          404,
        );
      },
    },
  };
}

/** SIGKILL of a machine's init ends everything in it at once; the API follows by itself. */
async function cutPower(settings: LocalCloudSettings, store: Store, id: number): Promise<void> {
  const init = await findInit(settings, id);
  if (init !== undefined) signal(init, "SIGKILL");
  for (let waited = 0; waited < 20_000; waited += 20) {
    if ((store.get("server", id)?.power ?? "off") === "off") return;
    await setTimeout(20);
  }
  throw new Error(`server ${id} is still on 20 s after its power was cut`);
}

function powerOn(store: Store, runner: ActionRunner, id: number) {
  const server = store.get("server", id);
  if (server === undefined || server.power === "on") return;
  const resources = [{ id, type: "server" }];
  if (isLocked(store, { id, type: "server" })) throw new Error(`server ${id} is locked by an action`);
  runner.launch([
    store.transaction(() => runner.begin(server.project, startServer, { server: id }, { resources })),
  ]);
}
