import assert from "node:assert/strict";
import { TestCloud } from "../testCloud";
import { balancersIn, serverTarget } from "./support/balancers";

describe("local cloud API: addresses and networks of load balancers", () => {
  let cloud: TestCloud;
  beforeEach(async () => {
    cloud = await TestCloud.start();
  });
  afterEach(() => cloud.stop());

  const { create, read, act, refuse, spec } = balancersIn(() => cloud);

  it("is in one network at most, with an address that nobody else gets", async () => {
    const network = await cloud.network();
    const row = await create();
    const outside = { network: network.id, ip: "10.0.9.9" };
    await refuse("ip_not_available", row, "attach_to_network", outside);
    await act(row, "attach_to_network", { network: network.id, ip: "10.0.1.5", ip_range: "10.0.1.0/24" });
    assert.deepEqual((await read(row)).private_net, [{ network: network.id, ip: "10.0.1.5" }]);
    assert.deepEqual((await cloud.get(`/networks/${network.id}`)).network.load_balancers, [row.id]);
    const server = await cloud.server("web");
    const taken = { network: network.id, ip: "10.0.1.5" };
    await cloud.fails("ip_not_available", "POST", `/servers/${server.id}/actions/attach_to_network`, taken);
    const { network: other } = await cloud.ok("POST", "/networks", {
      name: "other",
      ip_range: "10.9.0.0/16",
      subnets: [{ type: "cloud", network_zone: "us-east", ip_range: "10.9.1.0/24" }],
    });
    await refuse("load_balancer_already_attached", row, "attach_to_network", { network: other.id });
    const used = await cloud.fails("service_error", "POST", `/networks/${network.id}/actions/delete_subnet`, {
      ip_range: "10.0.1.0/24",
    });
    assert.match(used.message, /network has attached resources/);
    await act(row, "detach_from_network", { network: network.id });
    await refuse("not_found", row, "detach_from_network", { network: network.id });
    await refuse("no_subnet_available", row, "attach_to_network", { network: other.id });
  });

  it("turns its public interface off only when nothing needs it", async () => {
    const network = await cloud.network();
    const server = await cloud.server("web", { networks: [network.id] });
    const row = await create({ targets: [serverTarget(server)] });
    await refuse("load_balancer_not_attached_to_network", row, "disable_public_interface");
    await act(row, "attach_to_network", { network: network.id });
    await refuse("targets_without_use_private_ip", row, "disable_public_interface");
    await act(row, "remove_target", serverTarget(server));
    await act(row, "disable_public_interface");
    const off = await read(row);
    assert.equal(off.public_net.enabled, false);
    assert.equal(off.public_net.ipv4.ip, row.public_net.ipv4.ip, "the address is kept");
    assert.equal(spec()?.publicIpv4, null);
    const error = await refuse(
      "load_balancer_public_interface_disabled",
      row,
      "add_target",
      serverTarget(server),
    );
    assert.equal(
      error.message,
      "load balancer public interface is disabled, cannot add target using public IP",
    );
    await act(row, "enable_public_interface");
    await act(row, "enable_public_interface");
    assert.equal((await read(row)).public_net.enabled, true);
  });

  it("names its addresses in reverse DNS", async () => {
    const row = await create();
    const { ipv4, ipv6 } = row.public_net;
    await act(row, "change_dns_ptr", { ip: ipv4.ip, dns_ptr: "lb.example.com" });
    await act(row, "change_dns_ptr", { ip: ipv6.ip, dns_ptr: "lb6.example.com" });
    const named = (await read(row)).public_net;
    assert.deepEqual([named.ipv4.dns_ptr, named.ipv6.dns_ptr], ["lb.example.com", "lb6.example.com"]);
    await act(row, "change_dns_ptr", { ip: ipv4.ip, dns_ptr: null });
    await act(row, "change_dns_ptr", { ip: ipv6.ip, dns_ptr: null });
    assert.deepEqual((await read(row)).public_net, row.public_net);
    await refuse("invalid_input", row, "change_dns_ptr", { ip: "192.0.2.1", dns_ptr: "a.example" });
  });
});
