import type { AppSettings } from "../roles/app/settings";
import type { DatabaseSettings } from "../roles/database/settings";
import type { EdgeSettings } from "../roles/edge/settings";
import type { StorageSettings } from "../roles/storage/settings";
import type { ImageSources, PlatformWide } from "../settings/platformWide";
import type { PresetName } from "./name";

/** A platform as a plain value: validated, complete, optional only what may really be absent. */
export interface PlatformSettings extends PlatformWide {
  /** Which kinds of machines there are. @default "multiServer" */
  readonly preset?: PresetName | undefined;
  readonly edge: EdgeSettings;
  readonly app: AppSettings;
  readonly database: DatabaseSettings;
  readonly storage: StorageSettings;
  readonly images: ImageSettings;
}

/** Container images of the platform's own software, by tag. */
export interface ImageSettings extends ImageSources {
  readonly traefik: string;
  readonly elasticsearch: string;
  readonly objectStore: string;
}
