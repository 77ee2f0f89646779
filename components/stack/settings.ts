export type { ImageSettings, PlatformSettings } from "../presets/settings";
export type { NetworkSettings, RegistrySettings } from "../settings/platformWide";
