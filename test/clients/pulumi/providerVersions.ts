// Two versions of a program, whose difference the provider must apply in place.

export interface Version {
  readonly labels: Record<string, string>;
  readonly serverType: string;
  readonly volumeSize: number;
  readonly aliasIps: string[];
  readonly ruleDescription: string;
  /** Which of the two servers the floating IP is assigned to. */
  readonly owner: 0 | 1;
  readonly dnsPtr: string;
  readonly names: string;
}

export const first: Version = {
  labels: { env: "test", role: "edge" },
  serverType: "cx23",
  volumeSize: 10,
  aliasIps: ["10.0.1.20"],
  ruleDescription: "ssh",
  owner: 0,
  dnsPtr: "edge.example.com",
  names: "one",
};

export const second: Version = {
  labels: { env: "test", role: "edge", more: "yes" },
  serverType: "cx33",
  volumeSize: 20,
  aliasIps: ["10.0.1.20", "10.0.1.21"],
  ruleDescription: "secure shell",
  owner: 1,
  dnsPtr: "edge2.example.com",
  names: "two",
};
