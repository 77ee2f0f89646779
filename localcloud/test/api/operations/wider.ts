// Where the API takes more than its description allows (HC-T9), and why. Each entry is a promise to clients: the
// test fails when an entry is used by no request any more.
import type { Kind } from "./forbidden";

export interface Wider {
  /** Matches `POST /servers`. */
  readonly operation: RegExp;
  /** Matches `rules.0.port`. */
  readonly field: RegExp;
  readonly kinds: readonly Kind[];
  /** Since when this is known, and from where. */
  readonly reason: string;
}

/** hcloud-go 2.36 to 2.52, schema package: a pointer without `omitempty`. */
const nullOfGo = "2026-11-21: hcloud-go sends null for what it was not given";

export const wider: readonly Wider[] = [
  {
    operation: /^POST \/servers\/\{id\}\/actions\/create_image$/,
    field: /^(type|description)$/,
    kinds: ["null"],
    reason: nullOfGo,
  },
  {
    operation: /^POST \/firewalls(\/\{id\}\/actions\/(apply_to|remove_from)_resources)?$/,
    field: /^(apply_to|remove_from)\.0\.(server|label_selector)$/,
    kinds: ["null"],
    reason: "2026-05-15: the description's own text says `otherwise null`",
  },
  {
    operation: /^POST \/primary_ips$/,
    field: /^assignee_type$/,
    kinds: ["missing"],
    reason: "2026-08-01: assignee_type is optional on create (HC-S22)",
  },
  {
    operation: /^POST \/servers\/\{id\}\/actions\/attach_iso$/,
    field: /^iso$/,
    kinds: ["number"],
    reason: "2026-11-21: clients send the id as a number when they know it (HC-T9)",
  },
  {
    operation: /^POST \/load_balancers(\/\{id\}\/actions\/add_service)?$/,
    field: /^(services\.0\.)?(listen_port|destination_port|proxyprotocol|(health_check|http)(\..*)?)$/,
    kinds: ["missing"],
    reason: "2026-11-21: services come with the least that is needed and get Hetzner's defaults (HC-D9)",
  },
];
