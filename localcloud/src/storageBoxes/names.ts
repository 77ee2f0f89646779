// Names under which machines find the boxes.
import type { StorageBoxSpec } from "../host/storageBoxes";

/** Every box and subaccount has a name in it, as on Hetzner. */
export const storageBoxDomain = "your-storagebox.de";

/** Also the name under which the cloud's resolver knows the account. */
export const serverName = (username: string) => `${username}.${storageBoxDomain}`;

/** Lines for the resolver, in the form of /etc/hosts. */
export function hostsFile(boxes: readonly StorageBoxSpec[]): string {
  return boxes
    .flatMap(({ ip, accounts }) => accounts.map(({ username }) => `${ip} ${serverName(username)}\n`))
    .join("");
}
