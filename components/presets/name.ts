/** Outlines of platforms: `docs/presets.md`. */
export const PresetName = {
  MultiServer: "multiServer",
  Foobar: "foobar",
  Separated: "separated",
  Dhanman: "dhanman",
  ScaleUp: "scaleUp",
} as const;
export type PresetName = (typeof PresetName)[keyof typeof PresetName];
