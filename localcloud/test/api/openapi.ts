// Checks answers against Hetzner's public descriptions, and counts which answers of which operations were seen.
import { writeFileSync } from "node:fs";
import Ajv, { type ValidateFunction } from "ajv";
import addFormats from "ajv-formats";
import { described, type Operation, operationFor, operations } from "./description";

export { described } from "./description";

type Schema = { [key: string]: unknown };

const ajv = new Ajv({ strict: false, allErrors: true, validateFormats: true });
addFormats(ajv);
ajv.addFormat("decimal", /^[0-9]+(\.[0-9]+)?$/);
const validators = new Map<string, ValidateFunction | null>();

/** What is wrong with an answer, or null. An answer that the description does not know is wrong. */
export function responseProblem(method: string, path: string, status: number, body: unknown): string | null {
  if (!described) return null;
  const operation = operationFor(method, path);
  if (operation === null) return status >= 400 ? null : `${method} ${path} is not described`;
  count(operation, status);
  const validator = validatorFor(operation, status);
  if (validator === undefined) return `${method} ${operation.path} has no described answer ${status}`;
  if (validator === null)
    return body === "" ? null : `${method} ${operation.path} ${status} must have no body`;
  if (validator(body)) return null;
  return `${method} ${path} ${status}: ${ajv.errorsText(validator.errors, { separator: "\n  " })}`;
}

function validatorFor({ method, path, responses = {} }: Operation, status: number) {
  const key = `${method} ${path} ${status}`;
  if (!validators.has(key)) {
    const response =
      responses[String(status)] ??
      younger.get(key) ??
      (status >= 400 ? responses[`${String(status)[0]}xx`] : undefined);
    if (response === undefined) return undefined;
    const schema = response.content?.["application/json"]?.schema;
    validators.set(key, schema === undefined ? null : ajv.compile(adapted(schema)));
  }
  return validators.get(key);
}

/** Answers that came after the description of 2026-05: deleting a load balancer gives an action since 2026-10-05. */
const younger = new Map([
  ["DELETE /load_balancers/{id} 201", operationFor("DELETE", "/zones/1")?.responses?.["201"]],
]);

const seen = new Map<string, Map<number, number>>();

function count({ method, path }: Operation, status: number) {
  const statuses = seen.get(`${method} ${path}`) ?? new Map<number, number>();
  seen.set(`${method} ${path}`, statuses.set(status, (statuses.get(status) ?? 0) + 1));
}

/** How often each status of each described operation was answered in this process; `{}` where none was. */
export function coverage(): Record<string, Record<number, number>> {
  const rows = operations.map(({ method, path }) => {
    const key = `${method} ${path}`;
    return [key, Object.fromEntries(seen.get(key) ?? [])] as const;
  });
  return Object.fromEntries(rows);
}

// One report for a run of several test files: they share the process.
const report = process.env.HCLOUD_COVERAGE;
if (report !== undefined) {
  process.once("exit", () => writeFileSync(report, `${JSON.stringify(coverage(), null, 2)}\n`));
}

/**
 * OpenAPI 3.0 as JSON Schema, and the places where the description of 2026-05 is behind the API: servers and
 * primary IPs lost `datacenter` on 2026-07-01, a free primary IP may be `unassigned` since 2026-08-01, and one may be
 * a load balancer's since 2026-10-05.
 */
function adapted(value: unknown): Schema {
  return adaptedValue(value) as Schema;
}

function adaptedValue(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(adaptedValue);
  if (typeof value !== "object" || value === null) return value;
  const { discriminator: _discriminator, example: _example, ...schema } = value as Schema;
  const result: Schema = {};
  for (const [key, inner] of Object.entries(schema)) result[key] = adaptedValue(inner);
  const { properties } = result as { properties?: { assignee_type?: Schema } };
  if (properties?.assignee_type?.enum !== undefined) {
    properties.assignee_type = { type: "string", enum: ["server", "unassigned", "load_balancer"] };
  }
  if (Array.isArray(result.required))
    result.required = result.required.filter((name) => name !== "datacenter");
  if (result.nullable === true && Array.isArray(result.enum)) result.enum = [...result.enum, null];
  if (result.nullable === true && result.type === undefined) return { anyOf: [result, { type: "null" }] };
  return result;
}
