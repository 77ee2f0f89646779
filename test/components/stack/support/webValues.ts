import type { Random } from "./random";
import { labelLetters, letters, longestDomain, maybe, plain, type Values } from "./words";

const seconds = [0, 1, 300, 31_536_000, undefined];

export function anyAccessLog(random: Random): Values {
  return plain({
    requests: random.pick(["all", "failed", "off", undefined]),
    slowerThanMs: random.pick([1, 999, 1000, 1250, 60_000, undefined]),
  });
}

/** The section of the web servers, without its size. */
export function anyWeb(random: Random): Values {
  return plain({
    count: random.pick([0, 1, 2, 32, undefined]),
    profile: random.pick(["modern", "dhanman", undefined]),
    accessLog: maybe(random, 0.5, () => anyAccessLog(random)),
    maxBodyMb: random.pick([1, 100, 10_240, undefined]),
    cache: maybe(random, 0.6, () => anyCache(random)),
    uncachedServices: maybe(random, 0.4, () => [random.pick(["front", "web", "api", "nobody"])]),
    sites: maybe(random, 0.5, () =>
      Object.fromEntries(random.many(1, 3, () => [random.word(labelLetters, 1, 33), anySite(random)])),
    ),
    protectedPaths: maybe(random, 0.5, () =>
      Object.fromEntries(
        random.many(1, 3, () => [random.word(`${letters}0`, 1, 33), anyProtectedPath(random)]),
      ),
    ),
  });
}

function anyCache(random: Random): Values {
  return plain({
    diskMb: random.pick([0, 1, 1024, 1_048_576, undefined]),
    assetExtensions: maybe(random, 0.5, () => random.many(0, 4, () => random.word(`${letters}019`, 1, 17))),
    assetSeconds: random.pick(seconds),
    pageSeconds: random.pick(seconds),
    querySeconds: random.pick(seconds),
    neverPrefixes: maybe(random, 0.5, () => random.many(0, 3, () => anyPrefix(random))),
    harmlessCookies: maybe(random, 0.5, () =>
      random.many(0, 3, () => random.pick(["_ga*", "consent", "a.b", "x^y", "p|q", "$1", "~", "a'b", "`"])),
    ),
    staleSeconds: random.pick(seconds),
  });
}

function anyPrefix(random: Random): string {
  return random.pick(["/", "/api", "/.platform/x", `/${random.word(`${letters}AZ09._~-`, 1, 12)}`, "/../x"]);
}

function anySite(random: Random): Values {
  return plain({
    host: random.pick(["static.example", longestDomain, undefined, undefined]),
    pathPrefix: maybe(random, 0.7, () => anyPrefix(random)),
    spa: random.pick([true, false, undefined]),
    source: random.pick(["folder", "objectStore", "objectStore", undefined]),
    release: random.pick(["v1", "2026-11-30.a_b", undefined, undefined]),
  });
}

function anyProtectedPath(random: Random): Values {
  return plain({
    pathPrefix: anyPrefix(random),
    users: maybe(random, 0.6, () => ({
      "a.b": "second",
      [random.word("aZ0_@-", 1, 65)]: random.pick(["second", "nobody"]),
    })),
    ranges: maybe(random, 0.6, () => random.many(1, 3, () => `8.8.${random.whole(256)}.0/24`)),
  });
}
