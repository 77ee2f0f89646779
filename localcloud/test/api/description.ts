// Hetzner's public descriptions of the two APIs that the local cloud answers under one address. They are not part
// of the project: `HCLOUD_OPENAPI` and `HCLOUD_OPENAPI_STORAGE` name the files, or they lie in the folder beside
// some checkouts. Their absence is said once, and tests that need them are skipped.
import { existsSync, readFileSync } from "node:fs";
import { dirname, join } from "node:path";

export type Method = "GET" | "POST" | "PUT" | "DELETE";

/** The part of a JSON Schema that the descriptions use. */
export interface Schema {
  readonly type?: string;
  readonly properties?: Readonly<Record<string, Schema>>;
  readonly required?: readonly string[];
  readonly items?: Schema;
  readonly additionalProperties?: Schema | boolean;
  readonly enum?: readonly unknown[];
  readonly nullable?: boolean;
  readonly minimum?: number;
  readonly maximum?: number;
  readonly minLength?: number;
  readonly maxLength?: number;
  readonly minItems?: number;
  readonly maxItems?: number;
  readonly pattern?: string;
  readonly allOf?: readonly Schema[];
  readonly oneOf?: readonly Schema[];
}

export interface Parameter {
  readonly name: string;
  readonly in: "path" | "query" | "header";
  readonly required?: boolean;
  readonly schema: Schema;
}

interface Content {
  readonly content?: Readonly<Record<string, { readonly schema: Schema }>>;
}

export interface DescribedOperation {
  readonly deprecated?: boolean;
  readonly parameters?: readonly Parameter[];
  readonly requestBody?: Content;
  readonly responses?: Readonly<Record<string, Content>>;
}

export interface Operation extends DescribedOperation {
  readonly method: Method;
  /** Below `/v1`, parameters as `{id}`. */
  readonly path: string;
}

interface Description {
  readonly paths: Readonly<Record<string, Readonly<Record<string, DescribedOperation>>>>;
}

const cloudFile =
  process.env.HCLOUD_OPENAPI ??
  join(__dirname, "..", "..", "..", "..", "shared", "data", "openapi-cloud.json");
const storageFile = process.env.HCLOUD_OPENAPI_STORAGE ?? join(dirname(cloudFile), "openapi-storage.json");

function operationsOf(file: string): Operation[] {
  const { paths } = JSON.parse(readFileSync(file, "utf8")) as Description;
  return Object.entries(paths).flatMap(([path, methods]) =>
    Object.entries(methods).map(([method, operation]) => ({
      ...operation,
      method: method.toUpperCase() as Method,
      path,
    })),
  );
}

const missing = [cloudFile, storageFile].filter((file) => !existsSync(file));

export const described = missing.length === 0;

if (!described) {
  process.stderr.write(
    "requests and answers are not checked against Hetzner's descriptions: set HCLOUD_OPENAPI and HCLOUD_OPENAPI_STORAGE to their OpenAPI JSON files\n",
  );
}

/** Every operation of both descriptions; empty without them. */
export const operations: readonly Operation[] = described
  ? [...operationsOf(cloudFile), ...operationsOf(storageFile)]
  : [];

/** The same for `/servers/{id}`, `/servers/:id` and `/servers/{server_id}`. */
export const shapeOf = (method: string, path: string) =>
  `${method} ${path.replace(/\{[^}]*\}|:[A-Za-z_]+/g, "{}")}`;

/** The operation that a request is for. A literal part is more specific than a parameter. */
export function operationFor(method: string, path: string): Operation | null {
  const parts = path.split("/");
  const fits = (template: string) => {
    const wanted = template.split("/");
    return (
      wanted.length === parts.length &&
      wanted.every((part, index) => part.startsWith("{") || part === parts[index])
    );
  };
  const found = operations.filter((operation) => operation.method === method && fits(operation.path));
  return found.sort((a, b) => a.path.split("{").length - b.path.split("{").length)[0] ?? null;
}
