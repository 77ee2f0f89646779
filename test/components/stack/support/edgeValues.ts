import type { Random } from "./random";
import { anyAccessLog } from "./webValues";
import { maybe, plain, type Values } from "./words";

/** The section of the load balancers, without its size. */
export function anyEdge(random: Random): Values {
  return plain({
    engine: random.pick(["haproxy", "nginx"]),
    mode: random.pick(["activePassive", "activeActive", "managed", undefined]),
    balancerType: random.pick(["lb11", "lb31", undefined, undefined, undefined]),
    ipv6: random.pick([true, false, undefined]),
    otherHosts: random.pick(["serve", "redirect", "refuse", undefined]),
    redirectToHttps: maybe(random, 0.2, () => random.chance(0.5)),
    accessLog: maybe(random, 0.5, () => anyAccessLog(random)),
    acme: maybe(random, 0.5, () => anyAcme(random)),
    limits: maybe(random, 0.5, () => anyLimits(random)),
    cdn: maybe(random, 0.4, () => anyCdn(random)),
    floatingIps: maybe(random, 0.3, () =>
      random.pick([["visitors"], ["4711", "a.b_c-d"], ["a", "b", "c", "d"], ["-"], ["x", "x"]]),
    ),
    balance: random.pick(["roundRobin", "leastConnections", undefined]),
    retries: random.pick([0, 1, 3, undefined]),
  });
}

function anyCdn(random: Random): Values {
  return plain({
    ranges: random.pick([
      ...[["192.0.2.0/24"], ["2001:db8::/32", "203.0.113.7/32"], [], ["10.0.0.1/8"]],
      random.many(90, 120, () => `8.8.${random.whole(256)}.0/24`),
      undefined,
    ]),
    clientHeader: random.pick(["CF-Connecting-IP", "X-Forwarded-For", "True-Client-IP", "a b", undefined]),
    secretHeader: random.pick(["X-Origin-Secret", "X-Origin-Verify", "x:y", undefined]),
  });
}

function anyLimits(random: Random): Values {
  const requestsPerSecond = random.between(1, 100_000);
  return plain({
    enabled: maybe(random, 0.5, () => random.chance(0.5)),
    requestsPerSecond,
    burst: random.pick([requestsPerSecond, 100_000, 1_000_000]),
    connections: maybe(random, 0.5, () => random.pick([1, 500_000])),
    unlimitedPaths: maybe(random, 0.5, () => random.pick([[], ["/a.b/c~d"], ["/health", "/assets"]])),
  });
}

/** Certificates of the pair, with authorities of all kinds. */
function anyAcme(random: Random): Values {
  return plain({
    challenge: random.pick(["http", undefined]),
    // Refused without a challenge that proves them.
    wildcards: maybe(random, 0.1, () => random.pick([["*.example.com"], ["*"], []])),
    enabled: random.pick([true, false, undefined]),
    directory: random.pick([
      ...["https://ca.example/dir", "https://10.0.0.9:14000/dir?x=$(reboot)", "https://a;b.example/'dir'"],
      undefined,
    ]),
    email: random.pick(["ops@example.com", "o'ps+$x@example.com", "@", undefined]),
    root: maybe(random, 0.4, () => "-----BEGIN CERTIFICATE-----\nMA==\n-----END CERTIFICATE-----\n"),
  });
}
