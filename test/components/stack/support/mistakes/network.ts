import { all, type Mistake, set } from "../changes";

/** Mistakes in the network's ranges. */
export const networkMistakes: readonly Mistake[] = [
  [
    "two addresses where one serves",
    set("edge.floatingIps", ["one", "two"]),
    "edge.floatingIps",
    /allowed one floating IP/,
  ],
  [
    "one address where both serve",
    all(set("edge.mode", "activeActive"), set("edge.floatingIps", ["one"])),
    "edge.floatingIps",
    /allowed 2 floating IPs/,
  ],
  [
    "a network of IPv6 where visitors come over IPv4 alone",
    all(set("edge.mode", "activeActive"), set("edge.floatingIps", ["one", "two", "one6", "two6"])),
    "edge.floatingIps",
    /allowed 2 floating IPs, each once: one for each load balancer;.*edge\.ipv6/,
  ],
  [
    "one network of IPv6 where both serve",
    all(
      set("edge.mode", "activeActive"),
      set("edge.ipv6", true),
      set("edge.floatingIps", ["one", "two", "one6"]),
    ),
    "edge.floatingIps",
    /after that as many networks of IPv6, or none/,
  ],
  [
    "an address that is no name",
    set("edge.floatingIps", ["my address"]),
    "edge.floatingIps[0]",
    /name or the number/,
  ],
  ["range that is no CIDR", set("network.range", "10.0.0.0"), "network.range", /CIDR/],
  ["range with host bits", set("network.range", "10.0.0.1/16"), "network.range", /clear the bits/],
  ["range with a bad octet", set("network.range", "10.0.256.0/16"), "network.range", /correct the address/],
  ["public range", set("network.range", "8.8.0.0/16"), "network.range", /RFC 1918/],
  ["range below /24", set("network.range", "10.0.0.0/25"), "network.range", /at least \/24/],
  ["range of Docker's bridge", set("network.range", "172.16.0.0/12"), "network.range", /172\.20\.0\.0\/16/],
  [
    "subnet outside the range",
    set("network.subnets.database", "10.1.3.0/24"),
    "network.subnets.database",
    /inside network\.range 10\.0\.0\.0\/16/,
  ],
  [
    "overlapping subnets",
    set("network.subnets.storage", "10.0.3.128/25"),
    "network.subnets.storage",
    /apart from network\.subnets\.database 10\.0\.3\.0\/24/,
  ],
  [
    "subnet below /30",
    set("network.subnets.database", "10.0.9.0/31"),
    "network.subnets.database",
    /at least \/30/,
  ],
  [
    "subnet without room",
    set("network.subnets.database", "10.0.9.0/29"),
    "network.subnets.database",
    /10\.0\.9\.11/,
  ],
  [
    "subnet too small for the nodes",
    all(set("network.subnets.app", "10.0.9.0/28"), set("app.count", 6)),
    "network.subnets.app",
    /\/27 or shorter/,
  ],
  [
    "subnet with Hetzner's gateway",
    all(set("network.range", "172.24.0.0/13"), set("network.subnets.app", "172.31.1.0/24")),
    "network.subnets.app",
    /without 172\.31\.1\.1/,
  ],
];
