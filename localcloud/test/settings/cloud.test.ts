import assert from "node:assert/strict";
import { freeIpv6Network } from "../../src/addresses/ip";
import { localCloudSettings } from "../../src/settings/cloud";
import { apiRanges, hostAddress6, internetAddress6 } from "../../src/settings/names";

describe("local cloud's address settings", () => {
  const of = (range?: string) => localCloudSettings({ LOCALCLOUD_IPV6_RANGE: range });

  const cases: [string | undefined, string, string, string, string][] = [
    [undefined, "2001:db8:1::/48", "2001:db8:2::/48", "2001:db8:ffff:ffff::1", "2001:db8:ffff:fffe::1"],
    [
      "fd12:3456:789a::/48",
      "fd12:3456:789a:4000::/50",
      "fd12:3456:789a:8000::/50",
      "fd12:3456:789a:ffff::1",
      "fd12:3456:789a:fffe::1",
    ],
    ["2001:db8::/40", "2001:db8:1::/48", "2001:db8:2::/48", "2001:db8:ff:ffff::1", "2001:db8:ff:fffe::1"],
  ];
  for (const [range, servers, floating, host, internet] of cases) {
    it(`shares ${range ?? "the default IPv6 range"} between servers, floating addresses, host and outside client`, () => {
      const settings = of(range);
      const ranges = apiRanges(settings);
      assert.deepEqual([ranges.publicIpv6, ranges.floatingIpv6], [servers, floating]);
      assert.deepEqual([hostAddress6(settings), internetAddress6(settings)], [host, internet]);
    });
  }

  it("never gives out the host's address or the outside client's", () => {
    assert.deepEqual(apiRanges(of()).reserved.slice(0, 2), ["198.51.100.1", "198.51.100.250"]);
  });

  const free: [string, string[], string | null][] = [
    ["2001:db8:1::/48", [], "2001:db8:1:1::/64"],
    ["2001:db8:1::/48", ["2001:db8:1:1::/64"], "2001:db8:1:2::/64"],
    ["2001:db8:5:4000::/50", [], "2001:db8:5:4001::/64"],
    ["2001:db8:5:4000::/63", ["2001:db8:5:4001::/64"], null],
  ];
  for (const [prefix, used, expected] of free) {
    it(`finds ${expected ?? "nothing"} free in ${prefix} when ${used.length} are used`, () =>
      assert.equal(freeIpv6Network(prefix, new Set(used)), expected));
  }

  for (const wrong of [
    "10.0.0.0/8",
    "2001:db8::1/32",
    "2001:db8::/56",
    "nonsense",
    "2001:db8::/32; reboot",
  ]) {
    it(`refuses the IPv6 range ${wrong}`, () =>
      assert.throws(() => of(wrong), /LOCALCLOUD_IPV6_RANGE must be/));
  }
});
