import type { SetupFile } from "../setup/types";
import type { MachinePlan } from "../topology";

/** An application node as the load balancers see it. */
export interface Backend {
  /** `app1`. */
  readonly name: string;
  /** Private address of its Traefik. */
  readonly address: string;
}

/** What one load balancer of a pair is rendered from. */
export interface EdgeOptions {
  readonly machine: MachinePlan;
  /** The other load balancer. */
  readonly peer: MachinePlan;
  /** At least one. */
  readonly backends: readonly Backend[];
  /** Certificate chain and key in one PEM text; undefined: HTTPS is not offered. Secret. */
  readonly certificate: string | undefined;
  /** Visitors of HTTP are sent to HTTPS; only with a certificate. */
  readonly redirectToHttps: boolean;
  /** Shared by the pair: whoever sends it may read the VRRP state over the public side. Secret. */
  readonly peerKey: string;
}

/** Port on loopback where the agent answers; the proxies hand its page to the peer. */
export const agentPort = 8405;

/** Path at which a load balancer tells its state to the peer over the public side. */
export const publicStatePath = "/.well-known/platform-edge";

/** Paths under this prefix belong to the platform; visitors cannot reach them. */
export const internalPrefix = "/.platform/";

/** Answers 200 on an app node while it can serve visitors. */
export const nodeHealthPath = `${internalPrefix}ready`;

/** Answers 200 on an app node while its Traefik takes requests, 503 before it stops. */
export const proxyHealthPath = `${internalPrefix}ping`;

const certificatePath = "/etc/platform/secrets/site.pem";

export function certificateFile(options: EdgeOptions): SetupFile[] {
  if (options.certificate === undefined) return [];
  const content = options.certificate.endsWith("\n") ? options.certificate : `${options.certificate}\n`;
  return [{ path: certificatePath, content, mode: "0600" }];
}

/** Path of the certificate, or undefined when there is none. */
export function certificatePathOf(options: EdgeOptions): string | undefined {
  return options.certificate === undefined ? undefined : certificatePath;
}

/**
 * Connections that the machine's memory carries: HAProxy's own guide says 8000 with TLS per GB, one GB stays
 * for the rest. Half a GB is the least that counts, so that the smallest machine still serves.
 *
 * Source: https://docs.haproxy.org/3.0/intro.html#3.3.6
 */
export function connectionLimit(memoryGb: number): number {
  return Math.floor(8000 * Math.max(0.5, memoryGb - 1));
}
