// A correct stack file, changes of it, and what is wrong with the result.
import { parseSettings, SettingsError, type SettingsProblem } from "../../../../components/stack/stackConfig";

export type Values = Record<string, unknown>;
export type Change = (values: Values) => Values;

/** A small correct stack file; every case of the table below changes one thing of it. */
export const correct = (): Values => ({
  domain: "www.example.com",
  adminRanges: ["198.51.100.7/32"],
  app: {
    services: {
      web: { image: "example/shop:1.4.2", replicas: 2, port: 3000, pathPrefix: "/" },
      worker: { image: "example/shop:1.4.2" },
    },
  },
});

export const set =
  (path: string, value: unknown): Change =>
  (values) => {
    const keys = path.split(".");
    const last = keys.pop() ?? "";
    let inner = values;
    for (const key of keys) {
      inner[key] ??= {};
      inner = inner[key] as Values;
    }
    if (value === undefined) delete inner[last];
    else inner[last] = value;
    return values;
  };

export const all =
  (...changes: readonly Change[]): Change =>
  (values) =>
    changes.reduce((result, change) => change(result), values);

export const web = "app.services.web";
export const offsite = { endpoint: "https://s3.example.com", bucket: "copies", region: "eu" };

export function problemsOf(values: Values, stack = "prod"): readonly SettingsProblem[] {
  try {
    parseSettings(values, stack);
  } catch (error) {
    if (error instanceof SettingsError) return error.problems;
    throw error;
  }
  return [];
}

/** What is wrong, where it is reported, part of the line that reports it. */
export type Mistake = readonly [string, Change, string, RegExp];
