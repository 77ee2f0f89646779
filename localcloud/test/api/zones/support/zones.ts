import type { Json, TestCloud } from "../../testCloud";

/** Makes zones, and reads what the name servers got. */
export function zonesIn(cloud: () => TestCloud) {
  const create = async (name: string, more: object = {}): Promise<Json> => {
    const { zone, action } = await cloud().ok("POST", "/zones", { name, mode: "primary", ...more });
    await cloud().succeeds(action);
    return (await cloud().get(`/zones/${zone.id}`)).zone;
  };
  const published = (name: string) => cloud().host.names.zones.find((zone) => zone.name === name);
  return { create, published };
}

export const values = (set: Json): string[] => set.records.map(({ value }: Json) => value);
