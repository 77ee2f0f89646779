// Valid requests for zones and their record sets.
import { history, type Prepare, type Requests, reads, to } from "./request";
import type { Room } from "./room";

const labels = { environment: "test" };
const records = [{ value: "198.51.100.1", comment: "web" }, { value: "198.51.100.2" }];
const rrset = { name: "www", type: "A", ttl: 300, records, labels };
const primary_nameservers = [
  { address: "198.51.100.1", port: 53, tsig_key: "c2VjcmV0", tsig_algorithm: "hmac-sha256" },
];

const zoneName = (room: Room) => `${room.name()}.com`;

const zone = async (room: Room): Promise<{ readonly id: number }> =>
  (await room.done("/zones", { name: zoneName(room), mode: "primary", rrsets: [rrset] })).zone;
const secondary = async (room: Room): Promise<{ readonly id: number }> =>
  (await room.done("/zones", { name: zoneName(room), mode: "secondary", primary_nameservers })).zone;

const act =
  (action: string, body: object, owner = zone): Prepare =>
  async (room) => ({ path: `/zones/${(await owner(room)).id}/actions/${action}`, body });

const actOfSet =
  (action: string, body: object): Prepare =>
  async (room) => ({ path: `/zones/${(await zone(room)).id}/rrsets/www/A/actions/${action}`, body });

const set = to(zone, (id) => `/zones/${id}/rrsets/www/A`);

export const zoneRequests: Requests = {
  ...reads("/zones", zone),
  ...history("/zones", zone),
  "POST /zones": [
    (room) => ({
      path: "/zones",
      body: { name: zoneName(room), mode: "primary", ttl: 600, labels, rrsets: [rrset] },
    }),
    (room) => ({
      path: "/zones",
      body: { name: zoneName(room), mode: "primary", ttl: 600, labels, zonefile: "www IN A 192.0.2.1\n" },
    }),
    (room) => ({
      path: "/zones",
      body: { name: zoneName(room), mode: "secondary", ttl: 600, labels, primary_nameservers },
    }),
  ],
  "PUT /zones/{id}": async (room) => ({ path: `/zones/${(await zone(room)).id}`, body: { labels } }),
  "DELETE /zones/{id}": to(zone, (id) => `/zones/${id}`),
  "GET /zones/{id}/zonefile": to(zone, (id) => `/zones/${id}/zonefile`),
  "POST /zones/{id}/actions/change_ttl": act("change_ttl", { ttl: 600 }),
  "POST /zones/{id}/actions/change_protection": act("change_protection", { delete: true }),
  "POST /zones/{id}/actions/change_primary_nameservers": act(
    "change_primary_nameservers",
    { primary_nameservers },
    secondary,
  ),
  "POST /zones/{id}/actions/import_zonefile": async (room) => {
    const { id } = await zone(room);
    const { zonefile } = await room.cloud.get(`/zones/${id}/zonefile`);
    return { path: `/zones/${id}/actions/import_zonefile`, body: { zonefile } };
  },
  "GET /zones/{id}/rrsets": async (room) => ({
    path: `/zones/${(await zone(room)).id}/rrsets`,
    query: "name=www&type=A&sort=id&label_selector=environment&page=1&per_page=5",
  }),
  "POST /zones/{id}/rrsets": async (room) => ({
    path: `/zones/${(await zone(room)).id}/rrsets`,
    body: { ...rrset, name: "web" },
  }),
  "GET /zones/{id}/rrsets/{rr_name}/{rr_type}": set,
  "PUT /zones/{id}/rrsets/{rr_name}/{rr_type}": async (room) => ({ ...(await set(room)), body: { labels } }),
  "DELETE /zones/{id}/rrsets/{rr_name}/{rr_type}": set,
  "POST /zones/{id}/rrsets/{rr_name}/{rr_type}/actions/change_protection": actOfSet("change_protection", {
    change: true,
  }),
  "POST /zones/{id}/rrsets/{rr_name}/{rr_type}/actions/change_ttl": actOfSet("change_ttl", { ttl: 600 }),
  "POST /zones/{id}/rrsets/{rr_name}/{rr_type}/actions/set_records": actOfSet("set_records", { records }),
  "POST /zones/{id}/rrsets/{rr_name}/{rr_type}/actions/add_records": actOfSet("add_records", {
    ttl: 300,
    records: [{ value: "198.51.100.3", comment: "new" }],
  }),
  "POST /zones/{id}/rrsets/{rr_name}/{rr_type}/actions/remove_records": actOfSet("remove_records", {
    records,
  }),
  "POST /zones/{id}/rrsets/{rr_name}/{rr_type}/actions/update_records": actOfSet("update_records", {
    records: [{ value: "198.51.100.1", comment: "changed" }],
  }),
};
