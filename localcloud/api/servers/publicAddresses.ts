// The public addresses of a server that is being created.
import { z } from "zod";
import { locationNamed } from "../../catalogue";
import type { PrimaryIp, Server } from "../../rows";
import { addPrimaryIp } from "../addresses/primaryIps";
import { type Call, findOwned, ref } from "../call";
import { ApiError, invalidInput } from "../errors";
import { requireFree } from "../locks";
import { primaryIpOf } from "../world";

const id = z.int().positive();

/** `public_net` of a creation: which kinds of address, and those that exist already. */
export const publicNetField = z.object({
  enable_ipv4: z.boolean().optional(),
  enable_ipv6: z.boolean().optional(),
  ipv4: id.nullish(),
  ipv6: id.nullish(),
});

/** What of a creation decides about public addresses. */
interface PublicNetOfCreation {
  readonly public_net?: z.output<typeof publicNetField>;
  readonly networks?: readonly number[];
  readonly start_after_create?: boolean;
}

/**
 * Gives a new server the addresses that its creation names, or new ones that go with it.
 *
 * @throws ApiError when an address is another server's, of another kind or elsewhere, and when a server that is
 * to start would be reachable by nobody
 */
export function takePublicAddresses(call: Call, server: Server, body: PublicNetOfCreation) {
  const { public_net: net, networks, start_after_create: startsAlone = true } = body;
  const wanted = [
    { type: "ipv4", enabled: net?.enable_ipv4 ?? true, given: net?.ipv4 },
    { type: "ipv6", enabled: net?.enable_ipv6 ?? true, given: net?.ipv6 },
  ] as const;
  for (const { type, enabled, given } of wanted) {
    if (given) takeGiven(call, server, type, given);
    else if (enabled) {
      addPrimaryIp(call, { type, location: server.location, autoDelete: true, assignee: server.id });
    }
  }
  const isPublic = primaryIpOf(call.store, server.id, "ipv4") ?? primaryIpOf(call.store, server.id, "ipv6");
  if (isPublic === undefined && startsAlone && (networks ?? []).length === 0) {
    throw invalidInput(
      "public_net",
      "a server needs a public address or a network to be started: enable one or set start_after_create to false",
    );
  }
}

function takeGiven(call: Call, server: Server, type: PrimaryIp["type"], wanted: number) {
  const row = findOwned(call, "primary_ip", wanted);
  if (row === undefined) throw invalidInput(`public_net.${type}`, `primary IP with ID '${wanted}' not found`);
  if (row.type !== type) {
    throw new ApiError("primary_ip_version_mismatch", `primary IP ${row.id} is an ${row.type} address`);
  }
  if (row.assignee !== null) {
    throw new ApiError("primary_ip_assigned", `primary IP ${row.id} is assigned to server ${row.assignee}`);
  }
  if (row.location !== server.location) {
    const where = locationNamed(row.location).datacenter.name;
    throw new ApiError("primary_ip_datacenter_mismatch", `primary IP ${row.id} is in ${where}`);
  }
  requireFree(call.store, ref("primary_ip", row.id));
  call.store.put("primary_ip", { ...row, assignee: server.id });
}
