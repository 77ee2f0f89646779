import { z } from "zod";
import { hostName, wholeNumber } from "./leaves";

/** A zone at Hetzner in which the platform keeps the records of its names. */
export interface DnsSettings {
  /** Name of the zone, which exists: `example.com`. */
  readonly zone: string;
  readonly ttlSeconds: number;
  /** Authorities that may issue certificates for the names. @default - that of ACME, when it is Let's Encrypt */
  readonly caa?: readonly string[] | undefined;
}

/** Hetzner's limits of a record's time to live; the upper one is a day here. */
const ttlRange = [60, 86_400] as const;

export const dnsSchema = z
  .strictObject({
    zone: hostName("example.com").meta({
      description: "Name of a zone that exists in the project",
      fallback: "required",
    }),
    ttlSeconds: wholeNumber(...ttlRange, "the seconds")
      .describe("Time to live of the records in seconds")
      .default(300),
    caa: z
      .array(hostName())
      .meta({
        description:
          "Authorities that CAA records allow to issue certificates for the names; [] makes no CAA records",
        fallback: "letsencrypt.org when the pair asks Let's Encrypt, no CAA records otherwise",
      })
      .optional(),
  })
  .optional()
  .meta({
    description: "Records of the platform's names in a DNS zone at Hetzner (docs/operations.md)",
    fallback: "none: somebody else's DNS leads to virtualIp",
  });

/** How the zone calls a name: `www`, and `@` for itself. @returns undefined for a name outside of it */
export function nameInZone(name: string, zone: string): string | undefined {
  if (name === zone) return "@";
  return name.endsWith(`.${zone}`) ? name.slice(0, -zone.length - 1) : undefined;
}
