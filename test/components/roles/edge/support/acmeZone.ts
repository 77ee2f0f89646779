import { type ChildProcess, spawn } from "node:child_process";
import { ended, floatingIp, type Outside, worldIp } from "./outsideWorld";
import { until } from "./until";
import { zoneStandIn } from "./zoneStandIn";

/** Hetzner's API with a zone, and the zone's name servers. */
export interface ZoneWorld {
  startZone(): Promise<void>;
  /** Tells them what goes wrong from now on, and answers what the zone has. */
  zone(changes: Readonly<Record<string, unknown>>): Promise<ZoneState>;
  stopZone(): Promise<void>;
}

/** What the zone has, by the zone's names, and what was asked of the API since `calls` was set last. */
export interface ZoneState {
  readonly values: Readonly<Record<string, readonly string[]>>;
  readonly calls: readonly string[];
}

export const zoneApi = `http://${worldIp}:8480/v1`;

/** @param world process whose network it is in */
export function zoneIn(world: number, outside: Outside): ZoneWorld {
  let running: ChildProcess | undefined;
  const control = `http://${worldIp}:8480/control`;
  return {
    startZone: async () => {
      running = startZone(world);
      await until(async () => (await outside(`curl -s -m 2 ${control}`)).exitCode === 0, 20_000);
    },
    zone: async (changes) => {
      const asked = `curl -sf -m 10 -d @- ${control} <<'END'\n${JSON.stringify(changes)}\nEND`;
      return JSON.parse((await outside(asked)).output);
    },
    stopZone: async () => {
      if (running !== undefined) await ended(running);
    },
  };
}

function startZone(world: number): ChildProcess {
  const inside = ["--target", `${world}`, "--net", "python3", "-c", zoneStandIn, worldIp, "8480", floatingIp];
  return spawn("setpriv", ["--pdeathsig", "KILL", "nsenter", ...inside], { stdio: "ignore" });
}
