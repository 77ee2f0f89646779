// Clouds to look at.
import type { TestCloud } from "../api/testCloud";

/** The platform's six servers on one network, with its floating IPs, its volumes and things that lie about. */
export async function platform(cloud: TestCloud) {
  const network = await cloud.network("platform");
  const inside = { networks: [network.id] };
  for (const name of ["lb-1", "lb-2", "app-1", "app-2", "db-1", "storage-1"])
    await cloud.server(name, inside);
  const { servers } = await cloud.get("/servers");
  const idOf = (name: string) => servers.find((server: { name: string }) => server.name === name).id;
  const volume = async (name: string, size: number, server?: string) =>
    cloud.ok("POST", "/volumes", {
      name,
      size,
      ...(server === undefined ? { location: "fsn1" } : { server: idOf(server) }),
    });
  await volume("db-data", 40, "db-1");
  await volume("storage-bulk", 250, "storage-1");
  await volume("old-backup", 10);
  const floatingIp = async (name: string, type: "ipv4" | "ipv6", server?: string) =>
    cloud.ok("POST", "/floating_ips", {
      name,
      type,
      ...(server === undefined ? { home_location: "fsn1" } : { server: idOf(server) }),
    });
  await floatingIp("edge-v4", "ipv4", "lb-1");
  await floatingIp("edge-v6", "ipv6", "lb-1");
  await floatingIp("spare", "ipv4");
  await cloud.ok("POST", "/zones", { name: "example.test", mode: "primary" });
  await cloud.api.runner.idle();
}
