import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { settleCreate } from "../../scripts/settleCreate";
import { cloud, create, labels, settle } from "./support/lostCreate";

describe("what a lost creation left at other objects", () => {
  const sha256 = (text: string) => createHash("sha256").update(text).digest("hex");
  const server = { type: "server", server: { id: 7 } };

  for (const [type, inputs, path, answer, id] of [
    [
      "networkSubnet:NetworkSubnet",
      { networkId: 3, ipRange: "10.0.1.0/24" },
      "/networks/3",
      { subnets: [{ ip_range: "10.0.1.0/24" }] },
      "3-10.0.1.0/24",
    ],
    [
      "networkRoute:NetworkRoute",
      { networkId: 3, destination: "0.0.0.0/0", gateway: "10.0.1.2" },
      "/networks/3",
      { routes: [{ destination: "0.0.0.0/0", gateway: "10.0.1.2" }] },
      "3-0.0.0.0/0",
    ],
    [
      "serverNetwork:ServerNetwork",
      { serverId: 7, networkId: 3 },
      "/servers/7",
      { private_net: [{ network: 3 }] },
      "7-3",
    ],
    [
      "serverNetwork:ServerNetwork",
      { serverId: 7, subnetId: "3-10.0.1.0/24" },
      "/servers/7",
      { private_net: [{ network: 3 }] },
      "7-3",
    ],
    [
      "loadBalancerNetwork:LoadBalancerNetwork",
      { loadBalancerId: 9, networkId: 3 },
      "/load_balancers/9",
      { private_net: [{ network: 3 }] },
      "9-3",
    ],
    [
      "loadBalancerService:LoadBalancerService",
      { loadBalancerId: "9", protocol: "https" },
      "/load_balancers/9",
      { services: [{ listen_port: 443 }] },
      "9__443",
    ],
    [
      "loadBalancerService:LoadBalancerService",
      { loadBalancerId: "9", protocol: "tcp", listenPort: 5 },
      "/load_balancers/9",
      { services: [{ listen_port: 5 }] },
      "9__5",
    ],
    [
      "loadBalancerTarget:LoadBalancerTarget",
      { loadBalancerId: 9, type: "server", serverId: 7 },
      "/load_balancers/9",
      { targets: [server] },
      "lb-srv-tgt-7-9",
    ],
    [
      "loadBalancerTarget:LoadBalancerTarget",
      { loadBalancerId: 9, type: "ip", ip: "192.0.2.1" },
      "/load_balancers/9",
      { targets: [server, { type: "ip", ip: { ip: "192.0.2.1" } }] },
      `lb-ip-tgt-${sha256("192.0.2.1")}-9`,
    ],
    [
      "loadBalancerTarget:LoadBalancerTarget",
      { loadBalancerId: 9, type: "label_selector", labelSelector: "a=b" },
      "/load_balancers/9",
      { targets: [{ type: "label_selector", label_selector: { selector: "a=b" } }] },
      `lb-label-selector-tgt-${sha256("a=b")}-9`,
    ],
    [
      "floatingIpAssignment:FloatingIpAssignment",
      { floatingIpId: 4, serverId: 7 },
      "/floating_ips/4",
      { server: 7 },
      "4",
    ],
    [
      "floatingIpAssignment:FloatingIpAssignment",
      { floatingIpId: 4, serverId: 7 },
      "/floating_ips/4",
      { server: 8 },
      "4",
    ],
    ["volumeAttachment:VolumeAttachment", { volumeId: 5, serverId: 7 }, "/volumes/5", { server: 7 }, "5"],
    [
      "firewallAttachment:FirewallAttachment",
      { firewallId: 6, serverIds: [7, 8] },
      "/firewalls/6",
      { applied_to: [server] },
      "6",
    ],
    [
      "firewallAttachment:FirewallAttachment",
      { firewallId: 6, labelSelectors: ["a=b"] },
      "/firewalls/6",
      { applied_to: [{ label_selector: { selector: "a=b" } }] },
      "6",
    ],
    [
      "zoneRecord:ZoneRecord",
      { zone: "a.example", name: "mail", type: "A", value: "192.0.2.1" },
      "/zones/a.example/rrsets/mail/A",
      { records: [{ value: "192.0.2.1" }] },
      "missing ID",
    ],
    [
      "zoneRrset:ZoneRrset",
      { zone: "a.example", name: "@", type: "A", records: [{ value: "192.0.2.1" }] },
      "/zones/a.example/rrsets/%40/A",
      { records: [{ value: "192.0.2.1" }] },
      "@/A",
    ],
  ] as const) {
    it(`takes ${type.split(":")[1]} ${id} into the state as it is, unless the state holds it`, async () => {
      const { client, changes } = cloud({ [`GET ${path}`]: { found: answer, rrset: answer } });
      const lost = create(`hcloud:index/${type}`, inputs);
      assert.equal(await settle(lost, client, { inputs: [inputs] }), "nothing was left behind");
      const facts = { clouds: client, isHeld: () => false, heldInputs: () => [] };
      assert.deepEqual(await settleCreate(lost, facts), { kind: "there", id });
      assert.equal(await settle(lost, cloud({}).client), "nothing was left behind");
      assert.deepEqual(changes, []);
    });
  }

  for (const [type, inputs, path, answer, words] of [
    [
      "volumeAttachment:VolumeAttachment",
      { volumeId: 5, serverId: 7 },
      "/volumes/5",
      { server: 8 },
      "volumes/5 is attached to server 8, not to 7",
    ],
    [
      "networkRoute:NetworkRoute",
      { networkId: 3, destination: "0.0.0.0/0", gateway: "10.0.1.2" },
      "/networks/3",
      { routes: [{ destination: "0.0.0.0/0", gateway: "10.0.1.9" }] },
      "networks/3 leads 0.0.0.0/0 to 10.0.1.9, not to 10.0.1.2",
    ],
    [
      "zoneRrset:ZoneRrset",
      { zone: "a.example", name: "www", type: "A", records: [{ value: "192.0.2.1" }] },
      "/zones/a.example/rrsets/www/A",
      { records: [{ value: "192.0.2.9" }] },
      "zone a.example has other records as www/A than this stack gives",
    ],
  ] as const) {
    it(`leaves alone what is in the place of a ${type.split(":")[1]}, and names it`, async () => {
      const { client, changes } = cloud({ [`GET ${path}`]: { found: answer, rrset: answer } });
      const told = await settle(create(`hcloud:index/${type}`, inputs), client);
      assert.ok(told.startsWith(`left alone: ${words}`), told);
      assert.deepEqual(changes, []);
    });
  }

  it("takes the newest copy of a server that nobody knows, not an older one and not one that the state holds", async () => {
    const copy = (id: number, created: string) => ({
      id,
      created,
      description: "before",
      labels,
      created_from: { id: 7 },
    });
    const { client } = cloud({
      "GET /images?type=snapshot&sort=created:desc&per_page=50": {
        images: [
          copy(1, "2026-11-29T11:00:00Z"),
          copy(2, "2026-11-29T12:01:00Z"),
          copy(3, "2026-11-29T12:02:00Z"),
        ],
      },
    });
    const snapshot = create("hcloud:index/snapshot:Snapshot", { serverId: 7, description: "before", labels });
    const facts = { clouds: client, heldInputs: () => [], since: new Date("2026-11-29T12:00:00Z") };
    const idOf = async (held: readonly string[]) => {
      const finding = await settleCreate(snapshot, { ...facts, isHeld: (_images, id) => held.includes(id) });
      return finding.kind === "there" ? finding.id : finding.kind;
    };
    assert.equal(await idOf([]), "3");
    assert.equal(await idOf(["3"]), "2");
    assert.equal(await idOf(["3", "2"]), "nothing");
  });
});
