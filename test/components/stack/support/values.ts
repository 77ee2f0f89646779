import { locations } from "../../../../components/sizing/locations";
import { serverTypes } from "../../../../components/sizing/serverTypes";
import { anyCalendar } from "./calendars";
import { anyEdge } from "./edgeValues";
import { anyDomain, anyNames, anyServiceHosts } from "./nameValues";
import type { Random } from "./random";
import { anyRoles } from "./userRoles";
import { anyAccessLog, anyWeb } from "./webValues";
import {
  anyImage,
  anyLine,
  anyVariable,
  labelLetters,
  letters,
  longestDomain,
  maybe,
  plain,
  type Values,
} from "./words";

/**
 * The values of a stack, over the whole schema: most keys are left out, most values may stand there, and those at
 * the limits and with special meanings elsewhere come more often than chance would have it.
 */
export function anyValues(random: Random): Values {
  const location = maybe(random, 0.3, () => random.pick(locations).name);
  return plain({
    environment: random.pick([
      ...["prod", "a", "2026", "true", "x--y", "e".repeat(40)],
      random.word(labelLetters, 1, 41),
    ]),
    domain: anyDomain(random),
    location,
    image: maybe(random, 0.1, () => "331978001"),
    network: maybe(random, 0.5, () => anyNetwork(random)),
    adminRanges: random.many(1, 6, () => anyRange(random)),
    edge: { ...anySize(random), ...anyEdge(random) },
    app: anyApp(random),
    database: anyDatabase(random),
    storage: anyStorage(random),
    images: anyImages(random),
    bakedImages: maybe(random, 0.2, () => ({
      [random.pick(["app", "edge", "nobody"])]: random.pick([0, 1, 4711]),
    })),
    web: maybe(random, 0.6, () => ({ ...anySize(random), ...anyWeb(random) })),
    preset: maybe(random, 0.3, () => "multiServer"),
    strictRoles: maybe(random, 0.2, () => random.chance(0.2)),
    roles: maybe(random, 0.5, () => anyRoles(random)),
    budgetEur: maybe(random, 0.2, () => random.pick([0, 0.5, 9999])),
    deployWindow: maybe(random, 0.2, () => anyWindow(random)),
    protect: random.chance(0.5),
    acceptChange: maybe(random, 0.2, () => [
      random.pick(["storage.bucket=media", "database.databaseName=shop"]),
    ]),
    secrets: { api_key: anyLine(random), second: "x" },
    offsiteAccessKeyId: "id",
    offsiteSecretAccessKey: "key",
    ...anyNames(random),
    mutualTls: maybe(random, 0.3, () => ["requests", "requests"].slice(random.between(0, 2))),
  });
}

function anyWindow(random: Random) {
  return {
    days: random.pick([undefined, ["mon"], ["sat", "sun"]]),
    ...{ from: "09:00", until: random.pick(["16:00", "04:00"]) },
    timeZone: random.pick([undefined, "Europe/Berlin"]),
  };
}

function anyApp(random: Random): Values {
  return plain({
    ...anySize(random),
    memoryGb: maybe(random, 0.9, () => 64),
    count: maybe(random, 0.8, () => random.pick([1, 2, 3, random.between(4, 96), 96])),
    accessLog: maybe(random, 0.5, () => anyAccessLog(random)),
    serviceHosts: anyServiceHosts(random),
    services: anyServices(random),
  });
}

function anyDatabase(random: Random): Values {
  return plain({
    ...anySize(random),
    cacheEngine: maybe(random, 0.5, () => random.pick(["valkey", "redis"])),
    databaseName: maybe(random, 0.9, () => anyDatabaseName(random)),
  });
}

function anySize(random: Random): Values {
  if (random.chance(0.3)) return {};
  const types = serverTypes.filter((type) => type.architecture === "x86");
  const needs = plain({
    cpu: maybe(random, 0.4, () => random.pick(["shared", "dedicated"])),
    diskGb: maybe(random, 0.4, () => random.between(20, 400)),
  });
  if (random.chance(0.5)) return { serverType: random.pick(types).name, ...needs };
  return { vcpus: random.between(1, 16), memoryGb: random.between(4, 64), ...needs };
}

function anyNetwork(random: Random): Values {
  const range = random.pick([
    ...["10.0.0.0/8", "10.64.0.0/16", "192.168.0.0/16", "192.168.7.0/24", "172.24.0.0/13", "172.16.0.0/14"],
    `10.${random.whole(256)}.0.0/${random.between(14, 20)}`,
  ]);
  const inside = range.startsWith("192.168.0") ? "192.168" : "10.64";
  const tiers = ["edge", "web", "app", "database", "storage"].filter(() => random.chance(0.3));
  const subnets = tiers.map((tier, index) => [tier, `${inside}.${index * 16}.0/${random.between(20, 29)}`]);
  return plain({ range, subnets: subnets.length > 0 ? Object.fromEntries(subnets) : undefined });
}

function anyRange(random: Random): string {
  const octet = () => random.whole(256);
  const group = () => random.whole(65_536).toString(16);
  return random.pick([
    ...["0.0.0.0/0", "::/0", "8.8.8.8/32", "8.8.8.0/24", "8.0.0.0/8", "255.255.255.255/32", "127.0.0.0/8"],
    ...["2001:DB8:0:0::/32", "::1/128", "::ffff:0:0/96", "::ffff:8.8.8.8/128", "fe80::/10", "64:ff9b::/96"],
    `${octet()}.${octet()}.${octet()}.${octet()}/32`,
    `${octet()}.${octet()}.0.0/${random.between(8, 24)}`,
    `2a01:${group()}:${group()}::/${random.between(40, 64)}`,
    `2a01:${group()}::${group()}/128`,
  ]);
}

function anyServices(random: Random): Values {
  const names = ["web", "1", "0", "true", "null", "constructor", "a--b", "traefik", "platform-ping", "api"];
  const name = () => (random.chance(0.6) ? random.pick(names) : random.word(labelLetters, 1, 61));
  const services = random.many(1, 5, () => [name(), anyService(random)]);
  return Object.fromEntries([...services, ["front", { ...anyService(random), ...anyRoute(random) }]]);
}

function anyRoute(random: Random): Values {
  const segment = () => random.word(`${letters}AZ09._~-`, 1, 12);
  const path = () =>
    random.pick(["/", "/api", `/${segment()}`, `/${segment()}/${segment()}`, `/${"p".repeat(254)}`, "/../x"]);
  const port = random.pick([1, 80, 3000, 65_535, random.between(1, 65_535)]);
  const host = random.chance(0.2)
    ? random.pick(["a.example", "xn--bcher-kva.example", longestDomain])
    : undefined;
  const timeoutSeconds = random.pick([1, 30, 3600, undefined, undefined]);
  const healthPath = random.chance(0.5) ? path() : undefined;
  return plain({ port, pathPrefix: path(), host, healthPath, timeoutSeconds });
}

function anyService(random: Random): Values {
  return plain({
    image: anyImage(random),
    replicas: random.chance(0.7) ? random.pick([1, 2, 3, 32]) : undefined,
    ...(random.chance(0.6) ? anyRoute(random) : {}),
    environment: random.chance(0.7)
      ? Object.fromEntries(random.many(0, 4, () => [anyVariable(random), anyLine(random)]))
      : undefined,
    uses: random.chance(0.5)
      ? ["database", "cache", "search", "objectStore"].filter(() => random.chance(0.5))
      : undefined,
    secrets: random.chance(0.3) ? { API_KEY: "api_key" } : undefined,
    memoryMb: random.pick([32, 64, 128, undefined]),
    keepConnections: random.pick(["none", "reads", "all", undefined]),
    sticky: random.pick([true, false, undefined]),
  });
}

function anyDatabaseName(random: Random): string {
  const reserved = ["backup", "restore", "postgres", "template1", "public", "none", "pg_shop", "2shop", ""];
  const words = [
    ...["order", "user", "all", "replication", "asc", "_shop", "table", "select", "current_user", "samerole"],
    ...[
      "sameuser",
      "default",
      "null",
      "true",
      "role",
      "database",
      "_",
      "app",
      "session_user",
      "d".repeat(63),
    ],
  ];
  const others = [random.word(`${letters}019_`, 1, 64), random.pick(reserved)];
  return random.pick([...words, ...others, ...others]);
}

function anyStorage(random: Random): Values {
  const bulk = random.pick(["volume", "storageBox", "objectStore", undefined]);
  const offsite = {
    endpoint: random.pick([
      ...[
        "https://s3.example.com",
        "https://S3.example.com:8443/",
        "http://10.0.0.5:9000",
        "https://[2001:db8::1]",
      ],
      ...["https://a$(reboot).example", "https://s3.example.com:0", "https://quo'te.example"],
    ]),
    bucket: random.pick(["copies", "a-b", "123", "b".repeat(63)]),
    region: random.pick(["eu", "us-east-1", "-"]),
  };
  return plain({
    ...anySize(random),
    objectStoreEngine: random.pick(["versitygw", "minio", undefined]),
    volumeGb: random.pick([10, 2000, 10_240, undefined]),
    bulk,
    keepStorageBox: random.chance(0.2) ? true : undefined,
    bulkGb: bulk === "storageBox" ? random.pick([1, 10_000]) : undefined,
    bucket: random.pick(["app", "0-0", "k".repeat(63), undefined]),
    backup: random.chance(0.8)
      ? plain({
          schedule: random.chance(0.8) ? anyCalendar(random) : undefined,
          retentionDays: random.pick([1, 14, 3650, undefined]),
          offsite: random.chance(0.5) ? offsite : undefined,
        })
      : undefined,
    logRetentionDays: random.pick([1, 3650, undefined]),
  });
}

function anyImages(random: Random): Values {
  const mirrors = [
    "https://mirror.example.com:5000/",
    "http://10.0.0.9",
    "http://mirror",
    "https://a;b.example",
  ];
  return plain({
    traefik: random.chance(0.2) ? "traefik:v3.6" : undefined,
    elasticsearch: random.chance(0.2) ? "elasticsearch:8.19.21" : undefined,
    objectStore: random.chance(0.7) ? "example/store:1" : undefined,
    registryMirror: random.chance(0.3) ? random.pick(mirrors) : undefined,
    registries: random.chance(0.3)
      ? [
          {
            host: random.pick(["ghcr.io", "docker.io", "r.example:5000"]),
            username: "u",
            passwordSecret: "second",
          },
        ]
      : undefined,
  });
}
