import { roleDefinitions } from "../roles";
import type { Preset } from "./preset";

/**
 * Every role of `components/roles/index.ts`: a pair in front, identical app nodes, one machine with the stores, one with
 * objects, backups and logs, and the others that the settings have a section of.
 */
export const multiServer: Preset = {
  name: "multiServer",
  title: "Multi-server production topology",
  strict: false,
  roles: (settings) => roleDefinitions.flatMap(({ roleIn }) => roleIn(settings) ?? []),
};
