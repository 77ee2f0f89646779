// Servers with a public interface and no IPv4 address. The metadata service answers them on its IPv4 address too
// (https://github.com/flatcar/Flatcar/issues/1968 reads it there), so they have one that reaches it and nothing else
// but the caches here: these stand for Debian's mirror and Docker Hub, which such a server reaches by IPv6.
import type { ServerSpec } from "../host/contract";
import type { LocalCloudSettings } from "../settings/cloud";
import { identityOf, metadataAddress, portOf } from "../settings/names";

type Addressed = Pick<ServerSpec, "id" | "publicIpv4" | "publicIpv6">;

/** The address of such a server; null for others. */
export function metadataSource(server: Addressed, settings: LocalCloudSettings): string | null {
  const isIpv6Only = server.publicIpv4 === null && server.publicIpv6 !== null;
  return isIpv6Only ? identityOf(settings, server.id) : null;
}

/** Where that address leads. */
export const metadataDestinations = ({ hostAddress }: LocalCloudSettings) => [metadataAddress, hostAddress];

/** Elements of a set of ports with the address that each may use. */
export function metadataSources(servers: readonly Addressed[], settings: LocalCloudSettings): string[] {
  return servers.flatMap((server) => {
    const source = metadataSource(server, settings);
    return source === null ? [] : [`"${portOf(server.id)}" . ${source}`];
  });
}
