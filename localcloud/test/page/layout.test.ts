import assert from "node:assert/strict";
import type { CloudState } from "../../src/contract/control";
import { layoutOf } from "../../src/page/layout.js";

const empty: CloudState = {
  at: "2026-11-21T12:00:00Z",
  endpoint: "http://198.51.100.1:8080/v1",
  networks: [],
  servers: [],
  floatingIps: [],
  primaryIps: [],
  volumes: [],
  loadBalancers: [],
  storageBoxes: [],
  zones: [],
  actions: [],
  faults: [],
};

const project = "local";
const network = (id: number) => ({ id, name: `network${id}`, project, ipRange: `10.${id}.0.0/16` });

/** A server with an address in each of these networks; no public address when `hidden`. */
const server = (id: number, networks: readonly number[], hidden = false): CloudState["servers"][number] => ({
  id,
  name: `server${id}`,
  project,
  status: "running",
  serverType: "cx23",
  location: "fsn1",
  publicIpv4: hidden ? null : `198.51.100.${id}`,
  publicIpv6: null,
  privateNets: networks.map((networkId) => ({ networkId, ip: `10.${networkId}.0.${id}`, aliasIps: [] })),
  placementGroup: null,
});
const servers = (count: number, networks: readonly number[] = []) =>
  Array.from({ length: count }, (_, index) => server(100 + index, networks));
const volume = (id: number, serverId: number | null) => ({
  id,
  name: `volume${id}`,
  project,
  status: "available",
  sizeGb: 10,
  serverId,
});
const floating = (id: number, serverId: number | null) => ({
  id,
  name: `floating${id}`,
  project,
  address: `203.0.113.${id}`,
  serverId,
});

const clouds: readonly (readonly [string, CloudState])[] = [
  ["an empty cloud", empty],
  ["one server", { ...empty, servers: servers(1) }],
  ["six servers in one network", { ...empty, networks: [network(1)], servers: servers(6, [1]) }],
  [
    "twelve servers in two networks each",
    { ...empty, networks: [network(1), network(2)], servers: servers(12, [1, 2]) },
  ],
  ["forty servers", { ...empty, networks: [network(1)], servers: servers(40, [1]) }],
  [
    "servers without a public side, networks without servers",
    {
      ...empty,
      networks: [network(1), network(2), network(3)],
      servers: [server(7, [1], true), server(8, [2])],
    },
  ],
  [
    "flags, volumes and what belongs to nobody",
    {
      ...empty,
      networks: [network(1)],
      servers: servers(3, [1]),
      floatingIps: [floating(1, 100), floating(2, 100), floating(3, null), floating(4, 102)],
      volumes: [volume(11, 100), volume(12, 101), volume(13, null), volume(14, null)],
      zones: [{ id: 21, name: "example.com", project, status: "ok" }],
      storageBoxes: [{ id: 22, name: "backups", project, status: "active" }],
    },
  ],
];

type Box = ReturnType<typeof layoutOf>["boxes"][number];

const surroundings = new Set(["internet", "router", "band", "shelf"]);

/** Two boxes share more than an edge. */
const overlap = (one: Box, other: Box) =>
  one.x < other.x + other.width &&
  other.x < one.x + one.width &&
  one.y < other.y + other.height &&
  other.y < one.y + one.height;

describe("layout of the map", () => {
  for (const [what, cloud] of clouds) {
    for (const width of [320, 800, 1440, 2560]) {
      it(`lays ${what} out without overlaps, ${width} pixels wide`, () => {
        const { boxes, width: drawn, height } = layoutOf(cloud, width);
        const things = boxes.filter(({ kind }) => !surroundings.has(kind));
        const frames = boxes.filter(({ kind }) => surroundings.has(kind));
        for (const group of [things, frames]) {
          for (const [index, one] of group.entries()) {
            for (const other of group.slice(index + 1)) {
              assert.ok(
                !overlap(one, other),
                `${one.key} ${JSON.stringify(one)} and ${other.key} ${JSON.stringify(other)}`,
              );
            }
          }
        }
        for (const box of boxes) {
          assert.ok(box.x >= 0 && box.y >= 0, box.key);
          assert.ok(box.x + box.width <= drawn && box.y + box.height <= height, box.key);
        }
      });
    }

    it(`shows each thing of ${what} once`, () => {
      const { boxes } = layoutOf(cloud, 1440);
      const keys = boxes.filter(({ kind }) => !surroundings.has(kind)).map(({ key }) => key);
      assert.equal(new Set(keys).size, keys.length);
      const { networks, servers: machines, floatingIps, volumes, zones, storageBoxes } = cloud;
      const all = [networks, machines, floatingIps, volumes, zones, storageBoxes].flat();
      for (const { id } of all)
        assert.ok(
          keys.some((key) => key.endsWith(`:${id}`)),
          String(id),
        );
      assert.equal(keys.length, all.length);
    });
  }

  it("puts a floating IP on its server, and elsewhere when it moves", () => {
    const cloud = { ...empty, servers: servers(2), floatingIps: [floating(1, 100)] };
    const place = (state: CloudState) =>
      layoutOf(state, 1440).boxes.find(({ key }) => key === "floating_ip:1");
    const before = place(cloud);
    const after = place({ ...cloud, floatingIps: [floating(1, 101)] });
    assert.ok(before && after);
    assert.notEqual(before.x, after.x);
  });
});
