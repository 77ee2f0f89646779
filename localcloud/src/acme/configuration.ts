// Pebble's configuration: a public authority as far as machines see it, quicker than one.
import type { LocalCloudSettings } from "../settings/cloud";
import { nameserverAddresses } from "../settings/names";

/** As long as Let's Encrypt's certificates: 90 days in seconds. */
const validitySeconds = 7_776_000;

/** Where clients begin: its certificate is the local cloud's, whose authority all machines trust. */
export function acmeDirectory({ hostAddress, acmePort }: LocalCloudSettings): string {
  return `https://${hostAddress}:${acmePort}/dir`;
}

/** What only the host asks: roots, and how the server behaves. */
export function acmeManagement({ hostAddress, acmePort }: LocalCloudSettings): string {
  return `https://${hostAddress}:${acmePort + 1}`;
}

/** JSON for `-config`. */
export function acmeConfiguration(settings: LocalCloudSettings): string {
  const { hostAddress, acmePort, paths } = settings;
  const pebble = {
    listenAddress: `${hostAddress}:${acmePort}`,
    managementListenAddress: `${hostAddress}:${acmePort + 1}`,
    certificate: paths.certificate,
    privateKey: paths.certificateKey,
    // As every authority on the internet.
    httpPort: 80,
    tlsPort: 443,
    externalAccountBindingRequired: false,
    keyAlgorithm: "ecdsa",
    retryAfter: { authz: 1, order: 1 },
    profiles: { default: { description: "90 days", validityPeriod: validitySeconds } },
  };
  return `${JSON.stringify({ pebble }, null, 2)}\n`;
}

/** Names are looked up where the zones of the cloud are answered. */
export function acmeArguments(settings: LocalCloudSettings, configuration: string): readonly string[] {
  const [nameServer] = nameserverAddresses(settings);
  return ["-config", configuration, "-dnsserver", `${nameServer}:53`];
}

/** It would wait up to 15 s before it looks at a name, and refuse every twentieth request for nothing. */
export const acmeEnvironment = { PEBBLE_VA_NOSLEEP: "1", PEBBLE_WFE_NONCEREJECT: "0" } as const;
