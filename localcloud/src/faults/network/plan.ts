// Pure: which rules and delays the faults that are in force put into the routers. A table of their own, so that
// they neither change nor outlive what the cloud itself has there.
import type { Fault } from "../../contract/control";
import type { ServerSpec } from "../../host/contract";
import { hasPublicPort } from "../../network/publicRouter";
import type { LocalCloudSettings } from "../../settings/cloud";
import { namesOf, portOf } from "../../settings/names";
import type { FaultRecord } from "../record";

export const faultTable = "faults";

/** Faults of one router. */
export interface RouterFaults {
  /** Body of {@link faultTable}. */
  readonly rules: string;
  /** Ports whose outgoing packets, which are the machine's incoming ones, come late. */
  readonly delays: readonly PortDelay[];
}

export interface PortDelay {
  readonly port: string;
  readonly delayMs: number;
  readonly jitterMs: number;
}

/** By namespace; routers without a fault are left out. */
export function planRouterFaults(
  settings: LocalCloudSettings,
  servers: readonly ServerSpec[],
  faults: readonly FaultRecord[],
): ReadonlyMap<string, RouterFaults> {
  const planned = new Map<string, RouterFaults>();
  const byId = new Map(servers.map((server) => [server.id, server]));
  for (const namespace of routersOf(settings, servers)) {
    const here = faults.flatMap((record) => effectsIn(namespace, settings, record, byId));
    if (here.length === 0) continue;
    planned.set(namespace, {
      rules: rulesOf(here),
      delays: here.flatMap((effect) => (effect.kind === "delay" ? [effect] : [])),
    });
  }
  return planned;
}

type Effect =
  | { readonly kind: "cut"; readonly port: string }
  | { readonly kind: "apart"; readonly ports: readonly [string, string] }
  | { readonly kind: "loss"; readonly port: string; readonly percent: number }
  | ({ readonly kind: "delay" } & PortDelay);

function routersOf(settings: LocalCloudSettings, servers: readonly ServerSpec[]): readonly string[] {
  const names = namesOf(settings);
  const networks = servers.flatMap(({ attachments }) => attachments.map(({ networkId }) => networkId));
  return [names.publicRouter, ...[...new Set(networks)].map(names.network)];
}

function effectsIn(
  namespace: string,
  settings: LocalCloudSettings,
  { fault, servers: ids }: FaultRecord,
  servers: ReadonlyMap<number, ServerSpec>,
): readonly Effect[] {
  const [id = 0, otherId = 0] = ids;
  const has = (server: number) => hasPort(namespace, settings, servers.get(server));
  if (!has(id)) return [];
  const port = portOf(id);
  const isPublic = namespace === namesOf(settings).publicRouter;
  if (fault.kind === "partition") {
    if (typeof fault.from === "object") {
      return has(otherId) ? [{ kind: "apart", ports: [port, portOf(otherId)] }] : [];
    }
    return meansSide(fault.from, isPublic) ? [{ kind: "cut", port }] : [];
  }
  if (fault.kind !== "network" || (fault.side === "public") !== isPublic) return [];
  const { lossPercent, delayMs, jitterMs } = fault;
  const loss: Effect[] = lossPercent > 0 ? [{ kind: "loss", port, percent: lossPercent }] : [];
  const delay: Effect[] = delayMs > 0 ? [{ kind: "delay", port, delayMs, jitterMs }] : [];
  return [...loss, ...delay];
}

type Partition = Extract<Fault, { kind: "partition" }>;

const meansSide = (from: Exclude<Partition["from"], object>, isPublic: boolean) =>
  from === "everything" || (from === "internet") === isPublic;

function hasPort(namespace: string, settings: LocalCloudSettings, server: ServerSpec | undefined): boolean {
  if (server === undefined) return false;
  const names = namesOf(settings);
  if (namespace === names.publicRouter) return hasPublicPort(server);
  return server.attachments.some(({ networkId }) => names.network(networkId) === namespace);
}

// Ports are named, not numbered: a machine that reboots gets a new one of the same name. The counters are the
// proof that packets met the fault.
function rulesOf(effects: readonly Effect[]): string {
  const lines = (render: (effect: Effect) => readonly string[]) =>
    effects.flatMap(render).map((line) => `    ${line}`);
  const oneWay = (match: "iifname" | "oifname") =>
    lines((effect) => {
      if (effect.kind === "cut") return [`${match} "${effect.port}" counter drop`];
      if (effect.kind !== "loss") return [];
      if (effect.percent === 100) return [`${match} "${effect.port}" counter drop`];
      // In thousandths of a percent.
      const below = Math.round(effect.percent * 1000);
      return [`${match} "${effect.port}" numgen random mod 100000 < ${below} counter drop`];
    });
  const between = lines((effect) => {
    if (effect.kind !== "apart") return [];
    const [a, b] = effect.ports;
    return [[a, b] as const, [b, a] as const].map(
      ([from, to]) => `iifname "${from}" oifname "${to}" counter drop`,
    );
  });
  return `  chain from_machines {
    type filter hook prerouting priority -400
${oneWay("iifname").join("\n")}
  }
  chain between_machines {
    type filter hook forward priority -400
${between.join("\n")}
  }
  chain to_machines {
    type filter hook postrouting priority -400
${oneWay("oifname").join("\n")}
  }`;
}
