import { execa } from "execa";
import type { ServerSpec, World } from "../host/contract";
import { listLinks } from "../linux/ip";
import type { LocalCloudSettings } from "../settings/cloud";
import { metadataAddress, namesOf } from "../settings/names";

/**
 * Leads the metadata address of a running machine over its first private network, as a lease of August 2026 did
 * (HC-U4), or takes that route away again. Nothing happens to a machine that is off or in no network.
 */
export async function setPoisonedRoute(
  settings: LocalCloudSettings,
  world: World,
  server: ServerSpec,
  poisoned: boolean,
): Promise<void> {
  const [attachment] = server.attachments;
  const network = world.networks.find(({ id }) => id === attachment?.networkId);
  if (attachment === undefined || network === undefined) return;
  const namespace = namesOf(settings).machine(server.id);
  const device = (await listLinks(namespace)).find(
    ({ address }) => address === attachment.macAddress,
  )?.ifname;
  if (device === undefined) return;
  const route = [metadataAddress, "via", network.gateway, "dev", device];
  const command = poisoned ? "replace" : "del";
  // The guest owns its routes: one that it removed itself is no failure.
  await execa("ip", ["-n", namespace, "route", command, ...route], { reject: poisoned });
}
