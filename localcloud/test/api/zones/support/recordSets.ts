import { type Json, TestCloud } from "../../testCloud";

/** Where the sets of the zone of these tests are. */
export const base = "/zones/example.com/rrsets";

export const records = (...values: string[]) => values.map((value) => ({ value }));

/** A cloud with the zone. */
export async function startWithZone(): Promise<TestCloud> {
  const cloud = await TestCloud.start();
  const { action } = await cloud.ok("POST", "/zones", { name: "example.com", mode: "primary" });
  await cloud.succeeds(action);
  return cloud;
}

export function recordSetsIn(cloud: () => TestCloud) {
  const create = async (name: string, type: string, values: string[], more: object = {}) => {
    const { rrset, action } = await cloud().ok("POST", base, {
      name,
      type,
      records: records(...values),
      ...more,
    });
    await cloud().succeeds(action);
    return rrset;
  };
  const read = async (id: string): Promise<Json> => (await cloud().get(`${base}/${id}`)).rrset;
  const serial = async () => Number((await read("@/SOA")).records[0].value.split(" ")[2]);
  return { create, read, serial };
}
