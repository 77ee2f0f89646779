/** `/api` covers `/api` and `/api/...`, not `/apiary`. */
export function routingRule(prefix: string, host: string | undefined): string {
  for (const text of [prefix, host ?? ""]) {
    if (text.includes("`")) throw new Error(`a route must not contain a backtick, got ${text}`);
  }
  const path =
    prefix === "/"
      ? "PathPrefix(`/`)"
      : `(Path(\`${prefix.replace(/\/$/, "")}\`) || PathPrefix(\`${prefix.replace(/\/$/, "")}/\`))`;
  return host === undefined ? path : `Host(\`${host}\`) && ${path}`;
}
