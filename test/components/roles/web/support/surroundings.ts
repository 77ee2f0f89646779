import { planPlatform } from "../../../../../components/presets";
import type { appArgs } from "../../../../../components/roles/app/definition";
import type { PlatformSettings } from "../../../../../components/stack/settings";

/** What a role is told of a platform with these settings, with stand-ins for what only the cloud knows. */
export function surroundingsOf(settings: PlatformSettings): Parameters<typeof appArgs>[1] {
  const offers = { bastion: { bastion: { host: "198.51.100.11", hostKey: "ssh-ed25519 AAAA" } } };
  const around = {
    ...{ wide: settings, platform: { plan: planPlatform(settings) }, offers, registries: [] },
    common: { location: "nbg1", network: { id: 1, range: "10.0.0.0/16" }, sshKey: "1", privateKey: "k" },
    inputs: { apiToken: "t" },
    resolveImage: (reference: string) => reference,
  };
  return around as unknown as Parameters<typeof appArgs>[1];
}
