import assert from "node:assert/strict";
import type { ObservedRoute } from "../../src/linux/ip";
import type { RoutePlan } from "../../src/network/planTypes";
import { blackhole, routeChanges, unicast } from "../../src/network/routes";

describe("changes of routes", () => {
  // As `ip -json route show table all proto 177` of iproute2 6.1 tells them.
  const pairs: [string, RoutePlan, ObservedRoute][] = [
    ["to a port", unicast(4, "198.51.100.2", "dev m7"), { dst: "198.51.100.2", dev: "m7", flags: [] }],
    [
      "through a member",
      unicast(4, "10.0.9.1", "via 10.0.1.2 dev m7 onlink"),
      { dst: "10.0.9.1", gateway: "10.0.1.2", dev: "m7", flags: ["onlink"] },
    ],
    [
      "of the host",
      unicast(4, "198.51.100.0/24", "via 198.18.0.1 dev hp-host onlink src 198.51.100.1"),
      {
        dst: "198.51.100.0/24",
        gateway: "198.18.0.1",
        dev: "hp-host",
        prefsrc: "198.51.100.1",
        flags: ["onlink"],
      },
    ],
    ["that swallows", blackhole("198.51.100.0/24"), { type: "blackhole", dst: "198.51.100.0/24", flags: [] }],
    [
      "that swallows IPv6",
      blackhole("2001:db8::/32"),
      { type: "blackhole", dst: "2001:db8::/32", dev: "lo", flags: [] },
    ],
    [
      "out by IPv6",
      unicast(6, "default", "via fe80::2 dev host"),
      { dst: "default", gateway: "fe80::2", dev: "host", flags: [] },
    ],
  ];
  for (const [name, wanted, present] of pairs) {
    it(`are none where the route ${name} is there`, () => {
      assert.deepEqual(routeChanges([wanted], [present]), { replace: [], remove: [] });
    });
  }

  it("replace a route that leads elsewhere, and add one that is missing", () => {
    const wanted = [unicast(4, "203.0.113.9", "via 198.51.100.3 dev m8 onlink"), blackhole("10.0.0.0/16")];
    const present = [{ dst: "203.0.113.9", gateway: "198.51.100.2", dev: "m7", flags: ["onlink"] }];
    assert.deepEqual(routeChanges(wanted, present), {
      replace: ["203.0.113.9 via 198.51.100.3 dev m8 onlink proto 177", "blackhole 10.0.0.0/16 proto 177"],
      remove: [],
    });
  });

  it("remove what nobody wants, of the family that nobody wants it of", () => {
    const present = [
      { dst: "default", gateway: "198.51.100.1", dev: "host", flags: ["onlink"] },
      { dst: "default", gateway: "fe80::2", dev: "host", flags: [] },
      { type: "blackhole", dst: "10.9.0.0/16", flags: [] },
    ];
    assert.deepEqual(routeChanges([unicast(4, "default", "via 198.51.100.1 dev host onlink")], present), {
      replace: [],
      remove: ["default via fe80::2 dev host proto 177", "blackhole 10.9.0.0/16 proto 177"],
    });
  });
});
