import { execaSync } from "execa";
import { installScript } from "../../../../../components/roles/edge/acmeInstall";
import type { AgentOptions } from "../../../../../components/roles/edge/agent";
import { defaultClientHeader, defaultSecretHeader } from "../../../../../components/roles/edge/cdnSettings";
import type { Cdn, EdgeOptions } from "../../../../../components/roles/edge/edge";
import { defaultLimits, type LimitSettings } from "../../../../../components/roles/edge/limitSettings";
import type { EdgeEngine } from "../../../../../components/roles/edge/settings";
import type { LoadBalancerSetupOptions } from "../../../../../components/roles/edge/setup";
import { planned } from "../../../../support/planned";
import { seedSettings } from "../../../../support/settings";

export const topology = planned(seedSettings);
export const [edge1, edge2] = topology.edge;

/** `edge1` of the seed's topology. */
export const edgeOptions: EdgeOptions = {
  machine: edge1,
  peer: edge2,
  backends: topology.app.map((node) => ({ name: node.name, address: node.privateIp })),
  certificate: undefined,
  redirectToHttps: true,
  domain: seedSettings.domain,
  otherDomains: ["shop.example.com"],
  otherHosts: "serve",
};

/** Looks like the question of the other load balancer, as far as a proxy can see. */
export const looksLikeQuestion = `1700000000.${"0".repeat(64)}`;

export const agentOptions: AgentOptions = {
  apiEndpoint: "http://127.0.0.1:1/v1",
  apiToken: "planted-api-token",
  floatingIpIds: [7, 8],
  networkId: 9,
  statePass: "5a".repeat(32),
  pairKey: "planted-pair-key",
};

export const setupOptions: LoadBalancerSetupOptions = {
  ...edgeOptions,
  limits: defaultLimits,
  engine: "haproxy",
  floatingIps: ["203.0.113.10"],
  privateRange: seedSettings.network.range,
  agent: agentOptions,
};

/** The same, with certificates by ACME. */
export const withAcme: EdgeOptions = {
  ...edgeOptions,
  acme: {
    directory: "https://acme.example.com/dir",
    email: undefined,
    root: undefined,
    key: "planted-certificate-key",
  },
};

/** The same, with the limits that a platform has when nobody says anything. */
export const withLimits: EdgeOptions = { ...edgeOptions, limits: defaultLimits };

/** What a CDN shows to be known by, and where it asks from. */
export const withCdn: EdgeOptions = {
  ...edgeOptions,
  cdn: {
    ranges: ["192.0.2.0/28", "2001:db8:7::/48"],
    clientHeader: defaultClientHeader,
    secretHeader: defaultSecretHeader,
    secret: "planted-origin-secret",
  },
};

export const withoutSecret: Cdn = {
  ranges: ["192.0.2.0/24"],
  clientHeader: "CF-Connecting-IP",
  secretHeader: "X-Secret",
  secret: undefined,
};

export const strictLimits: LimitSettings = {
  enabled: true,
  ...{ requestsPerSecond: 1, burst: 1, connections: 1, unlimitedPaths: [] },
};

/** Bash that makes what a proxy with ACME starts with. */
export const placeholder = (engine: EdgeEngine) =>
  `bash -s placeholder <<'END_OF_INSTALL'\n${installScript(engine, edgeOptions.domain)}END_OF_INSTALL\n`;

/** A self-signed certificate with its key in one PEM text, made for this run. */
export function certificatePem(): string {
  const result = execaSync("openssl", [
    ...["req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes"],
    ...["-keyout", "-", "-out", "-", "-days", "1", "-subj", "/CN=www.example.com"],
  ]);
  return `${result.stdout}\n`;
}
