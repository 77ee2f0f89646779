// Hetzner's error codes, their statuses, and the one shape in which they are answered.
import type { z } from "zod";

/** Status by code (https://docs.hetzner.cloud/reference/cloud#errors); every code not listed is a 422. */
const statusByCode: Readonly<Record<string, number>> = {
  json_error: 400,
  unauthorized: 401,
  token_readonly: 401,
  forbidden: 403,
  maintenance: 403,
  resource_limit_exceeded: 403,
  not_found: 404,
  method_not_allowed: 405,
  uniqueness_error: 409,
  conflict: 409,
  deprecated_api_endpoint: 410,
  resource_unavailable: 412,
  primary_ip_version_mismatch: 412,
  locked: 423,
  protected: 423,
  rate_limit_exceeded: 429,
  server_error: 500,
  unavailable: 503,
  timeout: 504,
};

export class ApiError extends Error {
  readonly status: number;
  constructor(
    readonly code: string,
    message: string,
    readonly details: Readonly<Record<string, unknown>> | null = null,
    status?: number,
  ) {
    super(message);
    this.status = status ?? statusByCode[code] ?? 422;
  }

  /** `details` is always there: the provider reads it without asking (HC-T4). */
  body() {
    return { error: { code: this.code, message: this.message, details: this.details } };
  }
}

export interface FieldProblem {
  readonly name: string;
  readonly messages: readonly string[];
}

export function invalidFields(fields: readonly FieldProblem[]): ApiError {
  const [first] = fields;
  const message =
    fields.length === 1 && first !== undefined
      ? `invalid input in field '${first.name}': ${first.messages.join(", ")}`
      : `invalid input in fields ${fields.map(({ name }) => `'${name}'`).join(", ")}`;
  return new ApiError("invalid_input", message, { fields });
}

export function invalidInput(field: string, message: string): ApiError {
  return invalidFields([{ name: field, messages: [message] }]);
}

export function notFound(what: string, id: number | string): ApiError {
  return new ApiError("not_found", `${what} with ID '${id}' not found`);
}

export function notUnique(message: string, field = "name"): ApiError {
  return new ApiError("uniqueness_error", message, { fields: [{ name: field }] });
}

export function limitExceeded(message: string, limit: string): ApiError {
  return new ApiError("resource_limit_exceeded", message, { limits: [{ name: limit }] });
}

/** What is nowhere cannot be taken away; Hetzner has no code of its own for it (terraform-provider-hcloud#279). */
export function notAssigned(what: string): ApiError {
  return new ApiError("service_error", `cannot unassign ${what} because it is not assigned to a server`);
}

export function deleteProtected(what: string): ApiError {
  return new ApiError("protected", `${what} deletion is protected`);
}

/** Zod's issues by field, a field of a nested object as `public_net.ipv4`. */
export function fieldsOf(issues: readonly z.core.$ZodIssue[]): FieldProblem[] {
  const messages = new Map<string, string[]>();
  for (const issue of issues) {
    const name = issue.path.length === 0 ? "body" : issue.path.map(String).join(".");
    messages.set(name, [...(messages.get(name) ?? []), issue.message]);
  }
  return [...messages].map(([name, texts]) => ({ name, messages: texts }));
}
