import type { RoleImages, RoleSections } from "../roles/sections";
import type { ImageSources, PlatformWide } from "../settings/platformWide";
import type { PresetName } from "./name";

/**
 * A platform as a plain value: validated, complete, optional only what may really be absent. What each role says of
 * itself stands under its name.
 */
export interface PlatformSettings extends PlatformWide, RoleSections {
  /** Which kinds of machines there are. @default "multiServer" */
  readonly preset?: PresetName | undefined;
  readonly images: ImageSettings;
}

/** Container images of the platform's own software, by tag. */
export interface ImageSettings extends ImageSources, RoleImages {}
