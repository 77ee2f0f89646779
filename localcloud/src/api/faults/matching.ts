// Which requests and which actions a fault of the API means.
import type { ApiFault } from "../../contract/control";

export interface MetRequest {
  readonly method: string;
  /** Below `/v1`, without a query. */
  readonly path: string;
  readonly project: string;
}

/** Faults of requests that say no pattern mean what Hetzner could answer so. */
const defaultMatch: Partial<Record<ApiFault["effect"], (request: MetRequest) => boolean>> = {
  "no-capacity": ({ method, path }) => method === "POST" && path === "/servers",
  quota: ({ method, path }) => method === "POST" && !path.includes("/actions/"),
  locked: ({ method }) => method !== "GET",
  conflict: ({ method }) => method !== "GET",
  maintenance: ({ method }) => method !== "GET",
};

/** The effects that requests do not meet. */
const others: ReadonlySet<ApiFault["effect"]> = new Set(["sold-out", "stuck-action", "failed-action"]);

export function requestMatcher(fault: ApiFault): (request: MetRequest) => boolean {
  if (others.has(fault.effect)) return () => false;
  const matches = patternMatcher(fault);
  return (request) => (fault.project ?? request.project) === request.project && matches(request);
}

function patternMatcher(fault: ApiFault): (request: MetRequest) => boolean {
  if (fault.pattern === undefined) return defaultMatch[fault.effect] ?? (() => true);
  const [method = "*", path = "/"] = fault.pattern.split(" ");
  const wanted = pathExpression(path);
  return (request) => (method === "*" || method === request.method) && wanted.test(request.path);
}

/** `*` is any text, slashes too; `{id}` and `:id` are one part between slashes. */
function pathExpression(pattern: string): RegExp {
  const text = pattern
    .split(/(\*+|\{[^/}]*\}|(?<=\/):[^/]+)/)
    .map((part, index) => {
      if (index % 2 === 0) return literal(part);
      return part.startsWith("*") ? ".*" : "[^/]+";
    })
    .join("");
  return new RegExp(`^${text}$`);
}

export function actionMatcher(fault: ApiFault): (command: string, project: string) => boolean {
  if (fault.effect !== "stuck-action" && fault.effect !== "failed-action") return () => false;
  const commands = new RegExp(`^${(fault.pattern ?? "*").split(/\*+/).map(literal).join(".*")}$`);
  return (command, project) => (fault.project ?? project) === project && commands.test(command);
}

const literal = (text: string) => text.replace(/[.*+?^${}()|[\]\\]/g, "\\$&");
