import { choice, flag } from "../settings/leaves";
import { PresetName } from "../settings/settings";

/** The settings that choose kinds of machines. */
export const presetSchema = {
  preset: choice(Object.values(PresetName), "a preset").default(PresetName.MultiServer),
  strictRoles: flag().optional(),
};
