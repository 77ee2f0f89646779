import { userRolesSchema } from "../roles/container/schema";
import { choice, flag } from "../settings/leaves";
import { PresetName } from "./name";

/** The settings that choose kinds of machines. */
export const presetSchema = {
  preset: choice(Object.values(PresetName), "a preset")
    .describe(
      "Which kinds of machines there are; all but multiServer are outlines whose parts come later (docs/presets.md)",
    )
    .default(PresetName.MultiServer),
  strictRoles: flag()
    .meta({
      description: "A machine that does more than one kind of work is refused",
      fallback: "as the preset says",
    })
    .optional(),
  roles: userRolesSchema.meta({
    description: "Further kinds of machines by name (docs/operations.md)",
    fallback: "none",
  }),
};
