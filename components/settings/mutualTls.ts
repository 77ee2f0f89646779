import { z } from "zod";
import { choice } from "./leaves";

/** What machines say to each other, as far as certificates of the platform's own can stand on both sides. */
export const TierTraffic = {
  /** Of visitors, from the load balancers on: to web servers and app nodes, and from those to these. */
  Requests: "requests",
} as const;
export type TierTraffic = (typeof TierTraffic)[keyof typeof TierTraffic];

export const mutualTlsShape = z
  .array(choice(Object.values(TierTraffic), "what machines say to each other"))
  .default([])
  .transform((traffic) => [...new Set(traffic)])
  .meta({
    description:
      "What machines say to each other over TLS with certificates on both sides, and not without: requests (load balancers, web servers, app nodes)",
    fallback: "nothing: the private network is plain",
  });
