// The public addresses of a server that is being created.
import { z } from "zod";
import type { Server } from "../../state/rows";
import { takeGiven } from "../addresses/primaryIpAssignment";
import { addPrimaryIp } from "../addresses/primaryIps";
import { primaryIpOf } from "../addresses/publicAddresses";
import type { Call } from "../calls/call";
import { invalidInput } from "../calls/errors";

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
