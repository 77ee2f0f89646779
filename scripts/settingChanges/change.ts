/** One setting, an example of another value for it, and what the preview cannot see. */
export interface SettingChange {
  readonly path: string;
  readonly value: unknown;
  /** Further values that it needs. */
  readonly with?: readonly (readonly [path: string, value: unknown])[];
  /** What happens on the machines. */
  readonly note?: string;
}
