// What a table of bad requests holds, and short forms of its rows.
/** What exists while the requests are made; `N` is its network, and so on. */
export interface Fixture {
  readonly network: number;
  readonly server: number;
  readonly stopped: number;
  readonly firewall: number;
  readonly used: number;
  readonly floatingIp: number;
  readonly primaryIp: number;
  readonly primaryIpAddress: string;
  readonly primaryIp6: number;
  readonly elsewhere: number;
  readonly volume: number;
  readonly attached: number;
}

export interface BadRequest {
  readonly what: string;
  readonly method?: string;
  readonly path: (f: Fixture) => string;
  readonly body?: unknown | ((f: Fixture) => unknown);
  readonly code: string;
  readonly status: number;
  /** Field that `invalid_input` must name. */
  readonly field?: string;
}

export const invalid = (what: string, path: string, field: string, body: BadRequest["body"]): BadRequest => ({
  what,
  path: () => path,
  body,
  field,
  code: "invalid_input",
  status: 422,
});

export const invalidIn = (
  what: string,
  path: (f: Fixture) => string,
  field: string,
  body: BadRequest["body"],
): BadRequest => ({
  what,
  path,
  body,
  field,
  code: "invalid_input",
  status: 422,
});

export const refused = (
  what: string,
  code: string,
  status: number,
  path: (f: Fixture) => string,
  body?: BadRequest["body"],
  method = "POST",
): BadRequest => ({ what, code, status, path, body, method });
