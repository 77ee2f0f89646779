// What rows of several kinds have.

export type Labels = Readonly<Record<string, string>>;

export interface Owned {
  readonly id: number;
  readonly project: number;
  readonly name: string;
  readonly labels: Labels;
  readonly created: string;
}

/** Reverse DNS names by address; an IPv4 address without an entry has Hetzner's default name. */
export type DnsPtr = Readonly<Record<string, string>>;

export interface Project {
  readonly id: number;
  readonly name: string;
}

export interface ResourceRef {
  readonly id: number;
  readonly type: string;
}
