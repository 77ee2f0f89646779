import type { z } from "zod";
import type { ControlProblem } from "./control";

/** Refuses a request of the control API; the body names what is wrong where, and what to do about it. */
export class ControlError extends Error {
  constructor(
    readonly status: number,
    message: string,
    readonly problems: readonly ControlProblem[] = [],
  ) {
    super(message);
  }

  body() {
    return { error: { message: this.message, problems: this.problems } };
  }
}

/** One field that cannot be as it is. */
export function refuse(path: string, value: unknown, remedy: string, status = 422): ControlError {
  return new ControlError(status, `${path} ${JSON.stringify(value)}: ${remedy}`, [{ path, value, remedy }]);
}

/** Zod's issues as problems; the value is looked up in what was sent. */
export function invalidRequest(error: z.ZodError, sent: unknown): ControlError {
  const problems = error.issues.map((issue) => ({
    path: issue.path.length === 0 ? "body" : issue.path.map(String).join("."),
    value: valueAt(sent, issue.path) ?? null,
    remedy: issue.message,
  }));
  const message = problems
    .map(({ path, value, remedy }) => `${path} ${JSON.stringify(value)}: ${remedy}`)
    .join("; ");
  return new ControlError(422, message, problems);
}

function valueAt(value: unknown, path: readonly PropertyKey[]): unknown {
  return path.reduce<unknown>(
    (inner, key) => (typeof inner === "object" && inner !== null ? Reflect.get(inner, key) : undefined),
    value,
  );
}
