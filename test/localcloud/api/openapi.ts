// Checks answers against Hetzner's public description. The description is not part of the project: it is read
// from `HCLOUD_OPENAPI`, or from the folder that lies beside some checkouts, and its absence is said once.
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import Ajv, { type ValidateFunction } from "ajv";
import addFormats from "ajv-formats";

interface Description {
  readonly paths: Record<
    string,
    Record<string, { responses?: Record<string, { content?: Record<string, { schema: object }> }> }>
  >;
}

type Schema = { [key: string]: unknown };

const file =
  process.env.HCLOUD_OPENAPI ??
  join(__dirname, "..", "..", "..", "..", "shared", "data", "openapi-cloud.json");

const description: Description | null = existsSync(file) ? JSON.parse(readFileSync(file, "utf8")) : null;

export const described = description !== null;

if (!described) {
  process.stderr.write(
    "answers are not checked against Hetzner's description: set HCLOUD_OPENAPI to its OpenAPI JSON file\n",
  );
}

const ajv = new Ajv({ strict: false, allErrors: true, validateFormats: true });
addFormats(ajv);
ajv.addFormat("decimal", /^[0-9]+(\.[0-9]+)?$/);
const validators = new Map<string, ValidateFunction | null>();

/** What is wrong with an answer, or null. An answer that the description does not know is wrong. */
export function responseProblem(method: string, path: string, status: number, body: unknown): string | null {
  if (description === null) return null;
  const template = templateOf(description, path, method);
  if (template === null) return status >= 400 ? null : `${method} ${path} is not described`;
  const validator = validatorFor(description, template, method, status);
  if (validator === undefined) return `${method} ${template} has no described answer ${status}`;
  if (validator === null) return body === "" ? null : `${method} ${template} ${status} must have no body`;
  if (validator(body)) return null;
  return `${method} ${path} ${status}: ${ajv.errorsText(validator.errors, { separator: "\n  " })}`;
}

function templateOf({ paths }: Description, path: string, method: string): string | null {
  const parts = path.split("/");
  const matches = Object.keys(paths).filter((template) => {
    const wanted = template.split("/");
    return (
      wanted.length === parts.length &&
      wanted.every((part, index) => part.startsWith("{") || part === parts[index]) &&
      paths[template]?.[method.toLowerCase()] !== undefined
    );
  });
  // A literal part is more specific than a parameter: /servers/actions before /servers/{id}.
  return matches.sort((a, b) => a.split("{").length - b.split("{").length)[0] ?? null;
}

function validatorFor({ paths }: Description, template: string, method: string, status: number) {
  const key = `${method} ${template} ${status}`;
  if (!validators.has(key)) {
    const responses = paths[template]?.[method.toLowerCase()]?.responses ?? {};
    const response =
      responses[String(status)] ?? (status >= 400 ? responses[`${String(status)[0]}xx`] : undefined);
    if (response === undefined) return undefined;
    const schema = response.content?.["application/json"]?.schema;
    validators.set(key, schema === undefined ? null : ajv.compile(adapted(schema as Schema)));
  }
  return validators.get(key);
}

/**
 * OpenAPI 3.0 as JSON Schema, and the two places where the description of 2026-05 is behind the API: servers and
 * primary IPs lost `datacenter` on 2026-07-01, and a free primary IP may be `unassigned` since 2026-08-01.
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
  if (Array.isArray(result.required))
    result.required = result.required.filter((name) => name !== "datacenter");
  if (result.nullable === true && Array.isArray(result.enum)) result.enum = [...result.enum, null];
  if (result.nullable === true && result.type === undefined) return { anyOf: [result, { type: "null" }] };
  return result;
}
