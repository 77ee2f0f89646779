import { issueFirst } from "../../setup/tiers/paths";
import { placeholderCommand } from "./acme";
import { certifiedRole, type EdgeOptions } from "./edge";

/** What runs before a proxy's new configuration is judged: it names certificates that the machine makes itself. */
export function certificatesFirst(options: EdgeOptions): string {
  const own = certifiedRole(options) === undefined ? "" : issueFirst;
  return `${own}${placeholderCommand(options)}`;
}
