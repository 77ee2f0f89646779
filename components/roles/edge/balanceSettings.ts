import type { SettingsProblem } from "../../settings/problems";
import type { Rule } from "../../settings/rules";

/** Which machine gets the next request. */
export const EdgeBalance = {
  RoundRobin: "roundRobin",
  /** The one that is answering the fewest. */
  LeastConnections: "leastConnections",
} as const;
export type EdgeBalance = (typeof EdgeBalance)[keyof typeof EdgeBalance];

export const defaultRetries = 1;
export const mostRetries = 3;

/** What the rule looks at. */
export interface StickyInput {
  readonly settings: {
    readonly edge: { readonly engine: string };
    readonly web?: object | undefined;
    readonly app?: { readonly services: Readonly<Record<string, { readonly sticky?: boolean }>> };
  };
}

/** Every machine on the way must know where a visitor was. */
export const stickyRule: Rule<StickyInput> = {
  reads: ["edge.engine", "app.services", "web"],
  check: ({ settings: { edge, web, app } }): readonly SettingsProblem[] => {
    const hinders =
      edge.engine === "nginx" ? "edge.engine: nginx" : web === undefined ? undefined : "web servers";
    if (hinders === undefined) return [];
    return Object.entries(app?.services ?? {})
      .filter(([, { sticky }]) => sticky === true)
      .map(([name]) => ({
        path: `app.services.${name}.sticky`,
        value: "true",
        allowed: `false with ${hinders}, which know no sticky visitors`,
        remedy: "keep sessions in the cache, where every replica finds them, or take the other away",
      }));
  },
};
