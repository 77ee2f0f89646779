// Bad requests below their content: bodies, methods, tokens, paths, headers.
import type { CallOptions } from "../testCloud";

export interface BadTransport extends CallOptions {
  readonly what: string;
  readonly method: string;
  readonly path: string;
  readonly statuses: readonly number[];
  /** @default any of the documented ones */
  readonly code?: string;
}

const deep = (open: string, close: string) => `{"name":${open.repeat(50_000)}1${close.repeat(50_000)}}`;

const bodies: readonly [what: string, raw: string, code: string, status: number][] = [
  ["broken JSON", '{"name": ', "json_error", 400],
  ["a list as body", "[]", "json_error", 400],
  ["a text as body", '"name"', "json_error", 400],
  ["null as body", "null", "json_error", 400],
  ["a number as body", "7", "json_error", 400],
  ["true as body", "true", "json_error", 400],
  ["two objects as body", "{}{}", "json_error", 400],
  ["a trailing comma", '{"name":"a",}', "json_error", 400],
  ["single quotes", "{'name':'a'}", "json_error", 400],
  ["a comment", '{"name":"a"} // b', "json_error", 400],
  ["NaN", '{"name":NaN}', "json_error", 400],
  ["a byte order mark", '\ufeff{"name"', "json_error", 400],
  ["a control character in a text", '{"name":"a\u0001"}', "json_error", 400],
  ["XML", "<name>a</name>", "json_error", 400],
  ["a form", "name=a&type=spread", "json_error", 400],
  ["YAML", "name: a", "json_error", 400],
  ["more than 1 MiB", `{"name":"${"x".repeat(1_100_000)}"}`, "json_error", 400],
  ["50,000 nested lists", deep("[", "]"), "invalid_input", 422],
  ["50,000 nested objects", deep('{"a":', "}"), "invalid_input", 422],
  ["a number with 10,000 digits", `{"name":${"9".repeat(10_000)}}`, "invalid_input", 422],
  ["a lone surrogate", '{"name":"\\ud800\\u0000"}', "invalid_input", 422],
  ["only unknown keys", '{"naem":"a"}', "invalid_input", 422],
];

const paths: readonly string[] = [
  "/servers/..%2f..%2fetc%2fpasswd",
  "/servers/%00",
  "/%2e%2e/servers",
  "/servers//",
  "/servers/1%27--",
  "/servers/1;reboot",
  "/servers/$(reboot)",
  "/servers/%0d%0aSet-Cookie:a=b",
  "/servers/-1",
  "/servers/+1",
  "/servers/1e3",
  "/servers/0x10",
  "/servers/1.0",
  "/servers/%31%2f2",
  `/servers/${"9".repeat(400)}`,
  "/servers/null",
  "/servers/undefined",
  "/servers/__proto__",
  "/constructor",
];

const queries: readonly string[] = [
  "/servers?page=0",
  "/servers?page=-1",
  "/servers?page=1e3",
  "/servers?page=99999999999999999999",
  "/servers?per_page=0",
  "/servers?per_page=all",
  "/servers?sort=password",
  "/servers?sort=__proto__",
  "/servers?sort=id:up",
  "/servers?sort=id:asc:desc",
  "/servers?status=gone",
  "/servers?label_selector=a%3D%3D%3Db",
  "/servers?label_selector=a%20in%20b",
  "/servers?label_selector=%24%28reboot%29",
  "/images?architecture=mips",
  "/images?type=floppy",
  "/images?bound_to=x",
  "/images?include_deprecated=1",
  "/actions?id=-1",
];

const tokens: readonly [what: string, header: string][] = [
  ["a short token", "Bearer a"],
  ["an empty token", "Bearer "],
  ["another scheme", `Basic ${"a".repeat(64)}`],
  ["a token of another length", `Bearer ${"a".repeat(65)}`],
  ["a token with a space", `Bearer ${"a".repeat(32)} ${"a".repeat(31)}`],
  ["only a token", "a".repeat(64)],
  ["a prototype key as token", "Bearer __proto__"],
];

export const transport: readonly BadTransport[] = [
  ...bodies.map(([what, raw, code, status]) => ({
    what: `${what} with ${status} ${code}`,
    method: "POST",
    path: "/placement_groups",
    raw,
    code,
    statuses: [status],
  })),
  ...paths.map((path) => ({
    what: `the path ${path.slice(0, 60)}`,
    method: "GET",
    path,
    statuses: [400, 404, 422],
  })),
  ...queries.map((path) => ({
    what: `the query ${path}`,
    method: "GET",
    path,
    code: "invalid_input",
    statuses: [422],
  })),
  ...tokens.map(([what, authorization]) => ({
    what: `${what} with 401`,
    method: "GET",
    path: "/servers",
    token: null,
    headers: { authorization },
    code: "unauthorized",
    statuses: [401],
  })),
  ...["PATCH", "PUT", "DELETE"].map((method) => ({
    what: `${method} of a collection with 405`,
    method,
    path: "/servers",
    code: "method_not_allowed",
    statuses: [405],
  })),
  {
    what: "a POST that claims to be something else",
    method: "POST",
    path: "/servers",
    headers: { "x-http-method-override": "DELETE" },
    raw: "{}",
    code: "invalid_input",
    statuses: [422],
  },
];
