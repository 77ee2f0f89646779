import { type DeployWindow, isInside, windowText } from "../settings/deployWindow";

/** Outside of its window a stack is not changed. */
export class ClosedWindowError extends Error {
  override readonly name = "ClosedWindowError";
}

/** What a run is. */
export interface Run {
  readonly moment: Date;
  /** It changes nothing. */
  readonly isPreview: boolean;
  /** `PLATFORM_DEPLOY_ANYWAY`: why it may not wait. @default - it may */
  readonly anyway?: string;
  /** A preview is refused too: nothing but the change itself would come after it. */
  readonly isStrict?: boolean;
}

/**
 * What whoever changes a stack outside of its window should know.
 *
 * @returns undefined inside, and where there is no window
 * @throws ClosedWindowError when the run would change something and has no reason to
 */
export function windowWarning(window: DeployWindow | undefined, run: Run): string | undefined {
  if (window === undefined || isInside(window, run.moment)) return undefined;
  const outside = `it is ${run.moment.toISOString().slice(0, 16).replace("T", " ")} UTC, outside of deployWindow: ${windowText(window)}`;
  if (run.anyway !== undefined && run.anyway !== "") return `${outside}; changed all the same: ${run.anyway}`;
  const remedy = 'wait, or say why it cannot: PLATFORM_DEPLOY_ANYWAY="the reason"';
  if (run.isPreview && run.isStrict !== true) return `${outside}; up is refused now: ${remedy}`;
  throw new ClosedWindowError(`${outside}: ${remedy}`);
}
