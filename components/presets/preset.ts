import type { Role } from "../plan/role";
import type { PresetName } from "./name";
import type { PlatformSettings } from "./settings";

/** An outline of a platform: which kinds of machines it has, and who uses whom. */
export interface Preset {
  readonly name: PresetName;
  /** One line for people. */
  readonly title: string;
  /** Machines that do more than one kind of work are refused, unless `strictRoles: false` allows them. */
  readonly strict: boolean;
  /** In the order in which people read them. */
  readonly roles: (settings: PlatformSettings) => readonly Role[];
}
