import { defaultObjectStoreImage } from "../roles/storage/settings";
import { findLocation } from "../sizing/locations";
import type { roleSecrets } from "./roles";
import { namedSecrets, type StackValues, secretKeys } from "./schema";
import type { PlatformSettings } from "./settings";

/** Derives what depends on several sections, and leaves the secrets out. */
export function completeSettings(values: StackValues): PlatformSettings {
  const { images, network } = values;
  return {
    ...withoutSecrets(values),
    network: { ...network, zone: findLocation(values.location)?.networkZone ?? "eu-central" },
    images: { ...images, objectStore: images.objectStore ?? defaultObjectStoreImage(values.storage) ?? "" },
  };
}

type SecretKey = typeof namedSecrets | keyof typeof roleSecrets;

function withoutSecrets(values: StackValues): Omit<StackValues, SecretKey> {
  const entries = Object.entries(values).filter(([key]) => key !== namedSecrets && !secretKeys.includes(key));
  return Object.fromEntries(entries) as Omit<StackValues, SecretKey>;
}
