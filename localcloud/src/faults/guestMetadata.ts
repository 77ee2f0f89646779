// HC-X13: metadata that come late (HC-U3), and a route that leads to none (HC-U4).
import { execa } from "execa";
import { worldOf } from "../api";
import { refuse } from "../contract/errors";
import type { ServerSpec } from "../host/contract";
import type { MetadataService } from "../metadata/server";
import { hasPublicPort } from "../network/publicRouter";
import type { LocalCloudSettings } from "../settings/cloud";
import { metadataAddress, namesOf } from "../settings/names";
import type { Store } from "../state/store";
import type { FaultDriver, FaultOf } from "./registry";
import { serverNamed } from "./targets";

/** Beyond the 2 s that cloud-init's Hetzner datasource waits for one answer. */
const slowMs = 10_000;
/** That of a private lease: worse than the pin that defends against it, and still before every default route. */
const metric = 1003;

export function metadataDriver(
  settings: LocalCloudSettings,
  store: Store,
  metadata: Pick<MetadataService, "slow">,
): FaultDriver<FaultOf<"metadata">> {
  const specOf = (id: number) => worldOf(store).servers.find((server) => server.id === id);
  return {
    targets({ server: name, how }) {
      const { id } = serverNamed(store, name);
      const spec = specOf(id);
      if (how === "poisoned-route" && spec !== undefined && !isDualHomed(spec)) {
        throw refuse(
          "fault.server",
          name,
          "must have a public address and a private network: only these were hit",
        );
      }
      return [id];
    },
    async begin({ servers: [id = 0], fault }) {
      if (fault.how === "slow") metadata.slow(id, slowMs);
      else await poison(settings, store, id);
    },
    async end({ servers: [id = 0], fault }, active) {
      const again = active.some(
        ({ fault: other, servers }) =>
          other.kind === "metadata" && other.how === fault.how && servers.includes(id),
      );
      if (again) return;
      if (fault.how === "slow") metadata.slow(id, 0);
      else await heal(settings, id);
    },
  };
}

const isDualHomed = (server: ServerSpec) => hasPublicPort(server) && server.attachments.length > 0;

async function poison(settings: LocalCloudSettings, store: Store, id: number): Promise<void> {
  const { servers, networks } = worldOf(store);
  const attachment = servers.find((server) => server.id === id)?.attachments[0];
  const gateway = networks.find((network) => network.id === attachment?.networkId)?.gateway;
  if (gateway === undefined) throw new Error(`server ${id} is in no network any more`);
  await ipRoute(settings, id, [
    "replace",
    metadataAddress,
    "via",
    gateway,
    "dev",
    "enp7s0",
    "metric",
    String(metric),
  ]);
}

async function heal(settings: LocalCloudSettings, id: number): Promise<void> {
  // A machine that is off, or rebooted since, has lost the route already.
  await ipRoute(settings, id, ["del", metadataAddress, "metric", String(metric)]).catch(() => undefined);
}

async function ipRoute(settings: LocalCloudSettings, id: number, args: readonly string[]): Promise<void> {
  await execa("ip", ["-n", namesOf(settings).machine(id), "route", ...args]);
}
