import assert from "node:assert/strict";
import { hold } from "../hold";
import { type Json, TestCloud } from "../testCloud";

describe("load balancers with primary IPs, since 2026-10-05", () => {
  let cloud: TestCloud;
  before(async () => {
    cloud = await TestCloud.start({ assigneeTypeUnassigned: true });
  });
  after(() => cloud.stop());

  const address = async (name: string, type: string, more: object = {}): Promise<Json> => {
    const body = { name, type, location: "fsn1", ...more };
    return (await cloud.ok("POST", "/primary_ips", body)).primary_ip;
  };
  const read = async (id: number) => (await cloud.get(`/primary_ips/${id}`)).primary_ip;
  const balancer = (name: string, public_net: object, more: object = {}) => ({
    name,
    load_balancer_type: "lb11",
    location: "fsn1",
    public_net,
    ...more,
  });
  const create = async (name: string, public_net: object): Promise<Json> => {
    const { load_balancer, action } = await cloud.ok("POST", "/load_balancers", balancer(name, public_net));
    await cloud.succeeds(action);
    return load_balancer;
  };
  const remove = async (id: number) => {
    const { action } = await cloud.ok("DELETE", `/load_balancers/${id}`);
    assert.equal(action.command, "delete_load_balancer");
    await cloud.succeeds(action);
  };

  it("serve the addresses that they were created with, keep their names, and leave them behind", async () => {
    const four = await address("four", "ipv4");
    const six = await address("six", "ipv6");
    const rename = { ip: four.ip, dns_ptr: "www.example.com" };
    await cloud.act(`/primary_ips/${four.id}/actions/change_dns_ptr`, rename);
    const row = await create("kept", { ipv4: four.id, ipv6: six.id });
    assert.deepEqual(row.public_net.ipv4, { id: four.id, ...rename });
    assert.equal(row.public_net.ipv6.id, six.id);
    assert.equal(row.public_net.ipv6.ip, six.ip.replace("/64", "1"));
    const spec = cloud.host.world?.loadBalancers.find(({ id }) => id === row.id);
    assert.deepEqual([spec?.publicIpv4, spec?.publicIpv6], [four.ip, six.ip]);
    assert.deepEqual(
      [(await read(four.id)).assignee_type, (await read(four.id)).assignee_id],
      ["load_balancer", row.id],
    );
    // By either side it is one name.
    await cloud.act(`/load_balancers/${row.id}/actions/change_dns_ptr`, {
      ...rename,
      dns_ptr: "b.example.com",
    });
    assert.equal((await read(four.id)).dns_ptr[0].dns_ptr, "b.example.com");
    await remove(row.id);
    const free = await read(four.id);
    assert.deepEqual([free.assignee_type, free.assignee_id], ["unassigned", null]);
    assert.equal((await create("again", { ipv4: four.id })).public_net.ipv4.ip, four.ip);
  });

  it("get an address that is theirs alone for a version that is left out", async () => {
    const four = await address("only four", "ipv4");
    const before = (await cloud.get("/primary_ips")).primary_ips.length;
    const row = await create("half", { ipv4: four.id });
    assert.match(row.public_net.ipv6.ip, /^2001:db8:1:/);
    assert.equal(row.public_net.ipv6.id, undefined);
    assert.equal((await cloud.get("/primary_ips")).primary_ips.length, before);
  });

  it("take an auto_delete address with them", async () => {
    const four = await address("mortal", "ipv4", { auto_delete: true });
    const row = await create("short", { ipv4: four.id });
    await remove(row.id);
    await cloud.fails("not_found", "GET", `/primary_ips/${four.id}`);
  });

  it("keep their addresses for their lifetime", async () => {
    const four = await address("bound", "ipv4");
    const row = await create("bound", { ipv4: four.id });
    const path = `/primary_ips/${four.id}`;
    await cloud.fails("service_error", "POST", `${path}/actions/unassign`);
    await cloud.fails("must_be_unassigned", "DELETE", path);
    const { id } = await cloud.server("wants");
    const assign = { assignee_type: "server", assignee_id: id };
    await cloud.fails("primary_ip_already_assigned", "POST", `${path}/actions/assign`, assign);
    assert.equal((await read(four.id)).assignee_id, row.id);
  });

  for (const [what, code, type, location, field] of [
    ["the other version", "primary_ip_version_mismatch", "ipv6", "fsn1", "ipv4"],
    ["elsewhere", "primary_ip_datacenter_mismatch", "ipv4", "hel1", "ipv4"],
  ] as const) {
    it(`refuse an address of ${what}, and nothing was made`, async () => {
      const row = await address(what, type, { location });
      const before = (await cloud.get("/load_balancers")).load_balancers.length;
      await cloud.fails(code, "POST", "/load_balancers", balancer(what, { [field]: row.id }));
      assert.equal((await cloud.get("/load_balancers")).load_balancers.length, before);
      assert.equal((await read(row.id)).assignee_id, null);
    });
  }

  it("refuse an address that is taken or unknown", async () => {
    const four = await address("twice", "ipv4");
    await create("first", { ipv4: four.id });
    await cloud.fails(
      "primary_ip_assigned",
      "POST",
      "/load_balancers",
      balancer("second", { ipv4: four.id }),
    );
    await cloud.fails("invalid_input", "POST", "/load_balancers", balancer("third", { ipv4: 4711 }));
  });

  it("before that day, take no primary IP and are gone with the answer 204", async () => {
    const early = await TestCloud.start({ loadBalancerPrimaryIps: false });
    try {
      const { primary_ip } = await early.ok("POST", "/primary_ips", {
        name: "early",
        type: "ipv4",
        location: "fsn1",
      });
      const release = hold(early, "reconcileNetwork");
      const { load_balancer: row, action } = await early.ok(
        "POST",
        "/load_balancers",
        balancer("early", { ipv4: primary_ip.id }),
      );
      assert.notEqual(row.public_net.ipv4.ip, primary_ip.ip);
      await early.fails("locked", "DELETE", `/load_balancers/${row.id}`);
      release();
      await early.succeeds(action);
      const answer = await early.call("DELETE", `/load_balancers/${row.id}`);
      assert.deepEqual([answer.status, answer.body], [204, ""]);
      await early.fails("not_found", "GET", `/load_balancers/${row.id}`);
    } finally {
      await early.stop();
    }
  });
});
