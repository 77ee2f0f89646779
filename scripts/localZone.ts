import type { CloudClient } from "./cloudClient";
import { finished } from "./cloudObjects";

/**
 * The DNS zone of the local platform's names: at Hetzner whoever has the domain makes it once. The records in it are
 * the program's. Does nothing when there is one.
 */
export async function ensureZone(cloud: CloudClient, name: string): Promise<void> {
  if ((await cloud("GET", `/zones/${name}`)) !== undefined) return;
  const answer = await cloud("POST", "/zones", { name, mode: "primary" });
  await finished(cloud, (answer as { readonly action: { readonly id: number } }).action.id);
}
