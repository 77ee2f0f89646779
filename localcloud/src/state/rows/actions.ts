// Actions, with the plan that runs again after a crash.
import type { ResourceRef } from "./common";

/** How an action goes on after a restart: which work, with which arguments, after which other action. */
export interface Plan {
  readonly work: string;
  readonly args: object;
  readonly after: number | null;
  readonly minimumMs: number;
}

export interface Action {
  readonly id: number;
  readonly project: number;
  readonly command: string;
  readonly status: "running" | "success" | "error";
  readonly progress: number;
  readonly started: string;
  readonly finished: string | null;
  readonly resources: readonly ResourceRef[];
  readonly error: { readonly code: string; readonly message: string } | null;
  readonly plan: Plan;
}
