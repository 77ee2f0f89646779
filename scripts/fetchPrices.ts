import { z } from "zod";
import { livePrices, pricingResponse, serverTypesResponse } from "../components/sizing/livePrices";
import type { PriceTable } from "../components/sizing/prices";

const timeoutMs = 10_000;

/**
 * Today's prices and stock of a location from the Hetzner Cloud API.
 *
 * @param endpoint `https://api.hetzner.cloud/v1`
 * @throws when the API does not answer in 10 s, refuses the token or has no price for the location
 */
export async function fetchPrices(endpoint: string, token: string, location: string): Promise<PriceTable> {
  const base = endpoint.replace(/\/$/, "");
  const [pricing, serverTypes] = await Promise.all([
    getJson(`${base}/pricing`, token, pricingResponse),
    getServerTypes(`${base}/server_types?per_page=50`, token),
  ]);
  const date = new Date().toISOString().slice(0, 10);
  return livePrices({ pricing, serverTypes, location, date, source: `${base}/pricing` });
}

const page = serverTypesResponse.extend({
  meta: z.object({ pagination: z.object({ next_page: z.number().nullable() }) }).optional(),
});

async function getServerTypes(url: string, token: string): Promise<z.output<typeof serverTypesResponse>> {
  const types: z.output<typeof serverTypesResponse>["server_types"] = [];
  let next: number | null = 1;
  while (next !== null) {
    const answer: z.output<typeof page> = await getJson(`${url}&page=${next}`, token, page);
    types.push(...answer.server_types);
    next = answer.meta?.pagination.next_page ?? null;
  }
  return { server_types: types };
}

async function getJson<T>(url: string, token: string, schema: z.ZodType<T>): Promise<T> {
  const response = await request(url, token);
  if (!response.ok) throw new Error(`${url} answered ${response.status}: ${explain(response.status)}`);
  const result = schema.safeParse(await response.json());
  if (result.success) return result.data;
  throw new Error(`${url} answered in another form: ${z.prettifyError(result.error)}`);
}

async function request(url: string, token: string): Promise<Response> {
  try {
    return await fetch(url, {
      headers: { authorization: `Bearer ${token}` },
      signal: AbortSignal.timeout(timeoutMs),
    });
  } catch (error) {
    const reason =
      error instanceof Error && error.cause instanceof Error ? error.cause.message : String(error);
    throw new Error(`${url} does not answer (${reason}); unset HCLOUD_TOKEN to use the dated prices`);
  }
}

function explain(status: number): string {
  if (status === 401) return "HCLOUD_TOKEN is no token of this project";
  return status === 429 ? "too many requests, wait a minute" : "unset HCLOUD_TOKEN to use the dated prices";
}
