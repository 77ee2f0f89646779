/** Whose numbers nginx works with. */
export const WebProfile = {
  /** What fits applications behind a pair of load balancers today. */
  Modern: "modern",
  /** The values of the dhanman deployment, literally; `docs/operations.md` lists what differs and why. */
  Dhanman: "dhanman",
} as const;
export type WebProfile = (typeof WebProfile)[keyof typeof WebProfile];

/** How nginx balances over the application nodes. */
export const Balance = { RoundRobin: "roundRobin", LeastConnections: "leastConnections" } as const;
export type Balance = (typeof Balance)[keyof typeof Balance];

/** Numbers and headers of nginx that a deployment may be used to. */
export interface ProfileValues {
  readonly balance: Balance;
  /** Failures within `failSeconds` after which a node gets nothing for as long. */
  readonly maxFails: number;
  readonly failSeconds: number;
  /** Idle connections that each worker keeps to the nodes of a service. */
  readonly keepConnections: number;
  readonly connectSeconds: number;
  readonly sendSeconds: number;
  readonly readSeconds: number;
  /** Memory for the head of an answer, in KiB. */
  readonly headKb: number;
  /** Memory in which an answer waits for a slow visitor: so many pieces of so many KiB. */
  readonly buffers: { readonly count: number; readonly sizeKb: number; readonly busyKb: number };
  readonly frameOptions: string;
  /** The old header against cross-site scripting; browsers of today do not know it. @default - not sent */
  readonly xssProtection?: string;
  /** What a page tells others of where its visitor comes from. @default - not sent */
  readonly referrerPolicy?: string;
  readonly hsts: { readonly seconds: number; readonly subdomains: boolean };
  readonly gzipTypes: readonly string[];
  /** Bytes from which an answer is compressed. */
  readonly compressFrom: number;
  /** Brotli beside gzip. */
  readonly brotli: boolean;
}

const year = 31_536_000;

const modern: ProfileValues = {
  balance: Balance.RoundRobin,
  maxFails: 3,
  failSeconds: 2,
  keepConnections: 32,
  // A node that is there answers in milliseconds; one that is not must not hold a visitor for a minute.
  connectSeconds: 1,
  sendSeconds: 30,
  readSeconds: 30,
  headKb: 16,
  buffers: { count: 32, sizeKb: 32, busyKb: 64 },
  frameOptions: "SAMEORIGIN",
  referrerPolicy: "strict-origin-when-cross-origin",
  // Not for subdomains, which may be somebody else's and without TLS.
  hsts: { seconds: year, subdomains: false },
  gzipTypes: [
    "text/plain",
    "text/css",
    "text/csv",
    "text/javascript",
    "text/xml",
    "application/atom+xml",
    "application/javascript",
    "application/json",
    "application/ld+json",
    "application/manifest+json",
    "application/problem+json",
    "application/rss+xml",
    "application/wasm",
    "application/xhtml+xml",
    "application/xml",
    "image/bmp",
    "image/svg+xml",
    "image/x-icon",
  ],
  compressFrom: 1024,
  brotli: true,
};

/** As the document says, word for word. */
const dhanman: ProfileValues = {
  balance: Balance.LeastConnections,
  maxFails: 3,
  failSeconds: 30,
  keepConnections: 32,
  connectSeconds: 60,
  sendSeconds: 60,
  readSeconds: 60,
  headKb: 4,
  buffers: { count: 8, sizeKb: 4, busyKb: 8 },
  frameOptions: "SAMEORIGIN",
  xssProtection: "1; mode=block",
  hsts: { seconds: year, subdomains: true },
  gzipTypes: [
    "text/plain",
    "text/css",
    "text/xml",
    "text/javascript",
    "application/x-javascript",
    "application/xml+rss",
    "application/javascript",
    "application/json",
  ],
  compressFrom: 1024,
  brotli: false,
};

export const profiles: Readonly<Record<WebProfile, ProfileValues>> = { modern, dhanman };
