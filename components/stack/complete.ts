import { roleDefinitions } from "../roles";
import { withServiceHosts } from "../roles/app/serviceHosts";
import { withTimeouts } from "../roles/app/timeouts";
import type { RoleSecret } from "../roles/sections";
import { profiles } from "../roles/web/profiles";
import { findLocation } from "../sizing/locations";
import { namedSecrets, type StackValues, secretKeys } from "./schema";
import type { PlatformSettings } from "./settings";

/** Derives what depends on several sections, and leaves the secrets out. */
export function completeSettings(values: StackValues): PlatformSettings {
  const zone = findLocation(values.location)?.networkZone ?? "eu-central";
  const settings = {
    ...withoutSecrets(values),
    app: withTimeouts(
      withServiceHosts(values.app, values.domain),
      values.web && profiles[values.web.profile].readSeconds,
    ),
    network: { ...values.network, zone },
  };
  const images = roleDefinitions.map(({ imagesIn }) => imagesIn(settings));
  return { ...settings, images: Object.assign({}, settings.images, ...images) };
}

type SecretKey = typeof namedSecrets | RoleSecret;

function withoutSecrets(values: StackValues): Omit<StackValues, SecretKey> {
  const entries = Object.entries(values).filter(([key]) => key !== namedSecrets && !secretKeys.includes(key));
  return Object.fromEntries(entries) as Omit<StackValues, SecretKey>;
}
