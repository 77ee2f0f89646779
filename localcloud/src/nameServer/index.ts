// The name servers of a cloud: Hetzner's three, as one process with their addresses.
import { join } from "node:path";
import { signalService } from "../linux/services";
import type { LocalCloudSettings } from "../settings/cloud";
import { nameserverAddresses } from "../settings/names";
import { createNameServer, type NameServer } from "./nameServer";

export type { NameServer } from "./nameServer";

const dnsPort = 53;

export function cloudNameServer(
  settings: LocalCloudSettings,
  onProblem: (problem: string) => void,
): NameServer {
  const [hydrogen, oxygen, helium] = nameserverAddresses(settings).map((address) => ({
    address,
    port: dnsPort,
  }));
  if (hydrogen === undefined || oxygen === undefined || helium === undefined)
    throw new Error("no name servers");
  return createNameServer({
    folder: join(settings.stateDir, "dns"),
    listeners: [hydrogen, oxygen, helium],
    ranges: { ipv4: [settings.publicRange, settings.floatingRange], ipv6: settings.ipv6Range },
    // What the resolver remembers may have changed, answers that there is nothing included.
    onPublished: async () => signalService(settings, "resolver", "SIGHUP"),
    onProblem,
  });
}
