import assert from "node:assert/strict";
import { TestCloud } from "./testCloud";

const server = { name: "new", server_type: "cx23", image: "debian-13", location: "fsn1" };

describe("local cloud API: rules between resources", () => {
  let cloud: TestCloud;
  beforeEach(async () => {
    cloud = await TestCloud.start();
  });
  afterEach(() => cloud.stop());

  const network = async (name: string, range: string, subnet: string) =>
    (
      await cloud.ok("POST", "/networks", {
        name,
        ip_range: range,
        subnets: [{ type: "cloud", network_zone: "eu-central", ip_range: subnet }],
      })
    ).network.id;

  it("checks each network of a new server against those before it", async () => {
    const one = await network("one", "10.0.0.0/16", "10.0.1.0/24");
    const inside = await network("inside", "10.0.0.0/8", "10.9.0.0/24");
    const others = [
      await network("two", "192.168.0.0/24", "192.168.0.0/24"),
      await network("three", "192.168.1.0/24", "192.168.1.0/24"),
      await network("four", "192.168.2.0/24", "192.168.2.0/24"),
    ];
    await cloud.fails("networks_overlap", "POST", "/servers", { ...server, networks: [one, inside] });
    await cloud.fails("resource_limit_exceeded", "POST", "/servers", {
      ...server,
      networks: [one, ...others],
    });
    assert.deepEqual((await cloud.get("/servers")).servers, [], "a refused request leaves nothing");
    assert.deepEqual((await cloud.get("/primary_ips")).primary_ips, []);
    const made = await cloud.server("new", { networks: [one, ...others.slice(0, 2)] });
    assert.equal(made.private_net.length, 3);
  });

  it("counts 500 effective rules on a server, one for each range, over all its firewalls", async () => {
    const ranges = (count: number, second: number) =>
      Array.from({ length: count }, (_, index) => `10.${second}.${index}.0/24`);
    const rules = (count: number, each: number) =>
      Array.from({ length: count }, (_, second) => ({
        direction: "in",
        protocol: "tcp",
        port: "80",
        source_ips: ranges(each, second),
      }));
    const firewall = async (name: string, count: number, each: number) =>
      (await cloud.ok("POST", "/firewalls", { name, rules: rules(count, each) })).firewall.id;
    const { id } = await cloud.server("a");
    const apply_to = [{ type: "server", server: { id } }];
    const large = await firewall("large", 5, 90);
    await cloud.act(`/firewalls/${large}/actions/apply_to_resources`, { apply_to });
    const more = await firewall("more", 1, 51);
    const error = await cloud.fails(
      "resource_limit_exceeded",
      "POST",
      `/firewalls/${more}/actions/apply_to_resources`,
      { apply_to },
    );
    assert.equal(error.status, 403);
    await cloud.act(`/firewalls/${more}/actions/set_rules`, { rules: rules(1, 50) });
    await cloud.act(`/firewalls/${more}/actions/apply_to_resources`, { apply_to });
    await cloud.fails("resource_limit_exceeded", "POST", `/firewalls/${more}/actions/set_rules`, {
      rules: rules(1, 51),
    });
  });

  it("makes a primary IP where its server is, and nowhere else", async () => {
    const { id } = await cloud.server("a", { start_after_create: false, public_net: { enable_ipv4: false } });
    const body = { type: "ipv4", name: "p", assignee_type: "server", assignee_id: id };
    const error = await cloud.fails("invalid_input", "POST", "/primary_ips", { ...body, location: "nbg1" });
    assert.equal(error.details.fields[0].name, "location");
    const made = await cloud.ok("POST", "/primary_ips", { ...body, location: "fsn1" });
    assert.equal(made.primary_ip.location.name, "fsn1");
  });

  it("does not let a protected primary IP go with its server", async () => {
    const { primary_ip } = await cloud.ok("POST", "/primary_ips", {
      type: "ipv4",
      name: "p",
      assignee_type: "server",
      location: "fsn1",
    });
    const path = `/primary_ips/${primary_ip.id}`;
    await cloud.act(`${path}/actions/change_protection`, { delete: true });
    await cloud.fails("invalid_input", "PUT", path, { auto_delete: true });
    await cloud.act(`${path}/actions/change_protection`, { delete: false });
    assert.equal((await cloud.ok("PUT", path, { auto_delete: true })).primary_ip.auto_delete, true);
  });

  it("protects snapshots, and backups only once they are snapshots", async () => {
    const { id } = await cloud.server("a");
    await cloud.act(`/servers/${id}/actions/enable_backup`);
    const { image, action } = await cloud.ok("POST", `/servers/${id}/actions/create_image`, {
      type: "backup",
    });
    await cloud.succeeds(action);
    const path = `/images/${image.id}`;
    await cloud.fails("unsupported_error", "POST", `${path}/actions/change_protection`, { delete: true });
    await cloud.ok("PUT", path, { type: "snapshot" });
    await cloud.act(`${path}/actions/change_protection`, { delete: true });
    assert.equal((await cloud.fails("protected", "DELETE", path)).status, 423);
  });
});
