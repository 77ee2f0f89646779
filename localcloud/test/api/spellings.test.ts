import assert from "node:assert/strict";
import { canonicalAddress, canonicalCidr } from "../../src/addresses/ip";
import { type Json, TestCloud } from "./testCloud";

describe("networks and addresses are told in the form of RFC 5952, however a client spells them", () => {
  for (const [given, told] of [
    ["2001:DB8:0:0::/64", "2001:db8::/64"],
    ["::0/0", "::/0"],
    ["0:0:0:0:0:0:0:0/0", "::/0"],
    ["2001:0db8::/32", "2001:db8::/32"],
    ["2001:db8:0:1:0:0:0:0/64", "2001:db8:0:1::/64"],
    // The longer run of zeros is shortened, and no single group is.
    ["2001:db8:0:0:1:0:0:0/80", "2001:db8:0:0:1::/80"],
    ["2001:db8:0:1:1:1:1:1/128", "2001:db8:0:1:1:1:1:1/128"],
    ["::ffff:192.0.2.0/120", "::ffff:192.0.2.0/120"],
    ["::FFFF:C000:200/120", "::ffff:192.0.2.0/120"],
    // Not an IPv4 address in an IPv6 one.
    ["::192.0.2.0/120", "::c000:200/120"],
    ["10.0.0.0/8", "10.0.0.0/8"],
  ] as const) {
    it(`${given} is ${told}`, () => assert.equal(canonicalCidr(given), told));
  }

  for (const wrong of [
    "2001:db8::1/64",
    "::/129",
    "::/01",
    "::%1/128",
    "::",
    "/0",
    "10.1.0.0/8",
    "::/0 ",
    "a::b::/64",
  ]) {
    it(`"${wrong}" is no network`, () => assert.equal(canonicalCidr(wrong), null));
  }

  it("an address with a zone is none", () => assert.equal(canonicalAddress("fe80::1%eth0"), null));

  describe("by the API", () => {
    let cloud: TestCloud;
    before(async () => {
      cloud = await TestCloud.start({ dedicatedServerIps: ["2001:DB8:9::0001", "192.0.2.9"] });
    });
    after(() => cloud.stop());

    it("firewall rules, at creation and when they are set; two spellings of a network are one", async () => {
      const rule = (source_ips: string[]) => ({ direction: "in", protocol: "tcp", port: "22", source_ips });
      const spellings = ["2001:DB8:0:0::/64", "::0/0", "2001:0db8::/32", "::/0"];
      const rules = [rule(spellings)];
      const told = ["2001:db8::/64", "::/0", "2001:db8::/32"];
      const { firewall } = await cloud.ok("POST", "/firewalls", { name: "long", rules });
      assert.deepEqual(firewall.rules[0].source_ips, told);
      const path = `/firewalls/${firewall.id}`;
      await cloud.act(`${path}/actions/set_rules`, {
        rules: [{ ...rule([]), direction: "out", destination_ips: spellings }],
      });
      assert.deepEqual((await cloud.get(path)).firewall.rules[0].destination_ips, told);
      // Rules that differ in spelling only are one rule.
      await cloud.act(`${path}/actions/set_rules`, { rules: [rule(["::/0"]), rule(["0::0/0"])] });
      assert.equal((await cloud.get(path)).firewall.rules.length, 1);
    });

    it("reverse names", async () => {
      const { floating_ip: row } = await cloud.ok("POST", "/floating_ips", {
        type: "ipv6",
        home_location: "fsn1",
      });
      const first = row.ip.replace("/64", "1");
      await cloud.act(`/floating_ips/${row.id}/actions/change_dns_ptr`, {
        ip: first.toUpperCase().replace("::1", ":0:0:0:0001"),
        dns_ptr: "a.example.com",
      });
      assert.deepEqual((await cloud.get(`/floating_ips/${row.id}`)).floating_ip.dns_ptr, [
        { ip: first, dns_ptr: "a.example.com" },
      ]);
    });

    it("IP targets of load balancers, added by one spelling and removed by another", async () => {
      const { load_balancer: row, action } = await cloud.ok("POST", "/load_balancers", {
        name: "lb",
        load_balancer_type: "lb11",
        location: "fsn1",
        targets: [{ type: "ip", ip: { ip: "2001:DB8:9:0::1" } }],
      });
      await cloud.succeeds(action);
      const targets = async () => (await cloud.get(`/load_balancers/${row.id}`)).load_balancer.targets;
      assert.deepEqual(
        (await targets()).map(({ ip }: Json) => ip.ip),
        ["2001:db8:9::1"],
      );
      await cloud.act(`/load_balancers/${row.id}/actions/remove_target`, {
        type: "ip",
        ip: { ip: "2001:db8:0009::1" },
      });
      assert.deepEqual(await targets(), []);
    });

    it("name servers of a secondary zone", async () => {
      const { zone } = await cloud.ok("POST", "/zones", {
        name: "spelled.com",
        mode: "secondary",
        primary_nameservers: [{ address: "2001:DB8:0:0::53" }],
      });
      assert.equal(zone.primary_nameservers[0].address, "2001:db8::53");
      await cloud.fails("invalid_input", "POST", "/zones/spelled.com/actions/change_primary_nameservers", {
        primary_nameservers: [{ address: "2001:DB8::53" }, { address: "2001:db8:0::53" }],
      });
    });

    it("the filter of primary IPs", async () => {
      const { primary_ip: row } = await cloud.ok("POST", "/primary_ips", {
        name: "six",
        type: "ipv6",
        location: "fsn1",
      });
      const address = row.ip.replace("/64", "");
      for (const spelling of [row.ip, address, address.toUpperCase(), address.replace("::", ":0:0:0:0")]) {
        const { primary_ips } = await cloud.get(`/primary_ips?ip=${encodeURIComponent(spelling)}`);
        assert.deepEqual(
          primary_ips.map(({ id }: Json) => id),
          [row.id],
          spelling,
        );
      }
    });
  });
});
