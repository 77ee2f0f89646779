import type { Random } from "./random";
import { anyImage, anyLine, anyVariable, plain, type Values } from "./words";

const stores = ["database", "cache", "search", "objectStore"];

/** Kinds of machines of the operator's own. */
export function anyRoles(random: Random): Values {
  const names = ["erp", "search", "mail", "a", "x-y", "constructor", "edge", "e".repeat(30)];
  return Object.fromEntries(random.many(1, 2, () => [random.pick(names), anyRole(random)]));
}

function anyRole(random: Random): Values {
  const containers = random.many(1, 2, () => [
    random.pick(["odoo", "a--b", "0", "web", "platform-x", "docker", "o".repeat(40)]),
    anyContainer(random),
  ]);
  return plain({
    ...(random.chance(0.5) ? { vcpus: 2 } : { serverType: "cx33" }),
    memoryGb: random.chance(0.9) ? 8 : undefined,
    cpu: random.chance(0.4) ? random.pick(["shared", "dedicated"]) : undefined,
    diskGb: random.chance(0.4) ? 40 : undefined,
    count: random.pick([1, 2, undefined]),
    subnet: random.pick(["10.0.200.0/24", "10.64.200.0/28", "192.168.9.0/24"]),
    needs: random.chance(0.5) ? stores.filter(() => random.chance(0.5)) : undefined,
    containers: random.chance(0.9) ? Object.fromEntries(containers) : undefined,
    services: random.chance(0.6)
      ? { [random.pick(["indexer", "a-1", "odoo", "cron"])]: anyOwnService(random) }
      : undefined,
    packages: random.chance(0.3) ? ["python3-minimal", "g++"] : undefined,
    volumeGb: random.chance(0.4) ? random.pick([10, 10_240, 33]) : undefined,
  });
}

function anyContainer(random: Random): Values {
  return plain({
    image: anyImage(random),
    data: random.chance(0.3) ? random.pick(["/data", "/var/lib/a.b-c_d", "/a/../b", "data"]) : undefined,
    dataUser: random.chance(0.2) ? random.pick([0, 101, 65_533]) : undefined,
    ...anyProgram(random),
  });
}

const commands = [
  "/usr/bin/sleep infinity",
  "/usr/bin/python3 -m http.server $PORT --bind '::' %i 100%",
  `/bin/bash -c 'a=1; exec sleep "$a"'`,
  '/usr/bin/a "b c" --d={e} ${HOME} ~ # | > x',
  "/usr/bin/a ; /usr/bin/b",
  "/usr/bin/a \\x",
  "-/usr/bin/a",
  "/usr/bin/a 'b",
];

function anyOwnService(random: Random): Values {
  return plain({
    exec: random.pick(commands),
    user: random.chance(0.4) ? random.pick(["www-data", "_indexer", "u".repeat(31), "root"]) : undefined,
    restart: random.pick(["always", "on-failure", "on-failure", undefined]),
    ...anyProgram(random),
  });
}

function anyProgram(random: Random): Values {
  const port = () =>
    plain({
      port: random.pick([1, 8069, 65_535]),
      protocol: random.pick(["tcp", "udp", undefined]),
      from: [random.pick(["any", "edge", "app", "10.0.0.0/24", "nobody"])],
    });
  return plain({
    ports: random.chance(0.7) ? random.many(1, 2, port) : undefined,
    environment: random.chance(0.7)
      ? Object.fromEntries(
          random.many(1, 3, () => [random.chance(0.1) ? "NODE_NAME" : anyVariable(random), anyLine(random)]),
        )
      : undefined,
    secrets: random.chance(0.5) ? anySecrets(random) : undefined,
    memoryMb: random.pick([32, 512, undefined]),
  });
}

/** Of the two that there are, or of one that nobody has set. */
function anySecrets(random: Random): Values {
  const variable = random.pick(["API_KEY", "API_KEY", "DATABASE_URL", "NODE_NAME"]);
  return { [variable]: random.pick(["api_key", "api_key", "second", "third"]) };
}
