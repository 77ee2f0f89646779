// Who has which address of the public IPv4 range: one range, several kinds of owners.
import type { Store } from "../store";

/** Public addresses, IPv4 and IPv6, that cannot be given out again. */
export function takenPublicAddresses(store: Store, reserved: readonly string[]): ReadonlySet<string> {
  return new Set([
    ...reserved,
    ...store.list("primary_ip").map(({ ip }) => ip),
    ...store.list("storage_box").map(({ ip }) => ip),
  ]);
}
