import { z } from "zod";
import { type PriceTable, storageBoxes } from "./prices";

const money = z.object({ net: z.coerce.number() });
const located = z.object({ location: z.string(), price_monthly: money });
const addresses = z.array(z.object({ type: z.string(), prices: z.array(located) }));

/** The part of `GET /pricing` that an estimate reads. */
export const pricingResponse = z.object({
  pricing: z.object({
    currency: z.string(),
    primary_ips: addresses,
    floating_ips: addresses,
    image: z.object({ price_per_gb_month: money }),
    volume: z.object({ price_per_gb_month: money }),
    server_backup: z.object({ percentage: z.coerce.number() }),
    server_types: z.array(z.object({ name: z.string(), prices: z.array(located) })),
    load_balancer_types: z.array(z.object({ name: z.string(), prices: z.array(located) })).default([]),
  }),
});

/** The part of `GET /server_types` that an estimate reads. */
export const serverTypesResponse = z.object({
  server_types: z.array(
    z.object({
      name: z.string(),
      locations: z.array(z.object({ name: z.string(), available: z.boolean().optional() })).optional(),
    }),
  ),
});

export interface ApiPrices {
  readonly pricing: z.output<typeof pricingResponse>;
  readonly serverTypes: z.output<typeof serverTypesResponse>;
  readonly location: string;
  /** ISO date of the answer. */
  readonly date: string;
  readonly source: string;
}

/**
 * Prices of one location as the API answers them. Storage boxes have another API: theirs stay the dated ones.
 *
 * @throws when the answer lacks a price for the location or is not in EUR
 */
export function livePrices(answer: ApiPrices): PriceTable {
  const { pricing } = answer.pricing;
  if (pricing.currency !== "EUR")
    throw new Error(`the API's prices are in ${pricing.currency}, expected EUR`);
  const at = (prices: readonly z.output<typeof located>[]) =>
    prices.find(({ location }) => location === answer.location)?.price_monthly.net;
  const address = (kind: "primary_ips" | "floating_ips", type: string) => {
    const price = at(pricing[kind].find((entry) => entry.type === type)?.prices ?? []);
    if (price === undefined)
      throw new Error(`the API names no price of ${kind} ${type} in ${answer.location}`);
    return price;
  };
  const byName = (
    types: readonly { readonly name: string; readonly prices: readonly z.output<typeof located>[] }[],
  ) =>
    new Map(
      types.flatMap(({ name, prices }) => {
        const price = at(prices);
        return price === undefined ? [] : [[name, price] as const];
      }),
    );
  const isSoldOut = (type: z.output<typeof serverTypesResponse>["server_types"][number]) =>
    type.locations?.find(({ name }) => name === answer.location)?.available === false;
  return {
    date: answer.date,
    source: answer.source,
    servers: byName(pricing.server_types),
    volumePerGb: pricing.volume.price_per_gb_month.net,
    snapshotPerGb: pricing.image.price_per_gb_month.net,
    serverBackupRatio: pricing.server_backup.percentage / 100,
    primaryIpv4: address("primary_ips", "ipv4"),
    floatingIpv4: address("floating_ips", "ipv4"),
    floatingIpv6: address("floating_ips", "ipv6"),
    loadBalancers: byName(pricing.load_balancer_types),
    storageBoxes,
    soldOut: new Set(answer.serverTypes.server_types.filter(isSoldOut).map(({ name }) => name)),
  };
}
