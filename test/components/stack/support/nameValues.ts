import type { Random } from "./random";
import { longestDomain, maybe, plain, type Values } from "./words";

const anyAlias = ["example.com", "www.example.com", "shop.example.com", longestDomain];

function anyDns(random: Random): Values {
  return plain({
    zone: random.pick(["example.com", "www.example.com", "example", "b", "other.example"]),
    ttlSeconds: maybe(random, 0.5, () => random.pick([60, 86_400, 59])),
    caa: maybe(random, 0.5, () => random.pick([[], ["letsencrypt.org"], ["pki.goog"]])),
  });
}

export function anyDomain(random: Random): string {
  return random.pick([
    "www.example.com",
    "a.b",
    "xn--bcher-kva.example",
    `${"d".repeat(63)}.example`,
    longestDomain,
  ]);
}

/** Templates for the hosts of services, some of which are none. */
export function anyServiceHosts(random: Random): string | undefined {
  return maybe(random, 0.3, () =>
    random.pick(["{service}.{domain}", "qa-{service}.example.com", "{service}.{service}.x", "{domain}"]),
  );
}

/** Beside the domain. */
export function anyNames(random: Random): Values {
  return plain({
    aliases: maybe(random, 0.3, () => random.many(1, 3, () => random.pick(anyAlias))),
    dns: maybe(random, 0.3, () => anyDns(random)),
  });
}
