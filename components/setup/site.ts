import { ports } from "./ports";
import { tierCurl } from "./tiers/paths";

/** What a proxy in front and the machines behind it agree upon; neither knows the other. */

/** Offered by the machines that answer visitors' requests. */
export const siteOffer = "site";

/** Offered instead by the machines that answer web servers, which stand between them and the proxies in front. */
export const applicationOffer = "application";

/** Paths under this prefix belong to the platform; visitors cannot reach them. */
export const internalPrefix = "/.platform/";

/** Path at which a proxy tells its state to the peer over the public side. */
export const publicStatePath = "/.well-known/platform-edge";

/** Answers 2xx on a machine while it can serve visitors. */
export const nodeHealthPath = `${internalPrefix}ready`;

/** Answers 200 on a machine while its own proxy takes requests, 503 before it stops. */
export const proxyHealthPath = `${internalPrefix}ping`;

/** Within as many seconds the proxies in front notice that a machine denies its health, or is healthy again. */
export const noticedWithinSeconds = 3;

/**
 * A request with this header may be answered by any replica of the machine, ready or not. The proxies in front set it
 * when no machine at all is ready; a visitor's own is removed.
 */
export const anyReplicaHeader = "X-Platform-Any-Replica";

/** How machines that answer visitors' requests are asked. */
export interface SiteEntrance {
  readonly port: number;
  /** Options of curl, each with a blank in front. */
  readonly curl: string;
  /** Where a machine is asked, without a path. */
  readonly at: (machine: { readonly hostname: string; readonly privateIp: string }) => string;
}

/** @param overTls with certificates on both sides: a machine is then asked by the name in its own */
export function siteEntrance(overTls: boolean): SiteEntrance {
  return overTls
    ? { port: ports.https, curl: ` ${tierCurl}`, at: ({ hostname }) => `https://${hostname}` }
    : { port: ports.http, curl: "", at: ({ privateIp }) => `http://${privateIp}` };
}
