import { createHash } from "node:crypto";
import { type CompleteSetup, completeSetup } from "../../setup/types";
import { keepRunning } from "../../setup/unit";
import { cachePort } from "./role";
import { CacheEngine } from "./settings";

export interface CacheConfig {
  readonly engine: CacheEngine;
  readonly privateIp: string;
  /** Memory that the data may take, in MiB. */
  readonly maxMemoryMb: number;
}

export interface CachePasswords {
  /** User `app`: everything but administration. */
  readonly application: string;
  /** User `admin`: the operator's commands on the machine. */
  readonly admin: string;
}

/** Valkey and Redis read the same configuration; only names of packages and paths differ. */
export interface CacheNames {
  readonly packages: readonly string[];
  readonly unit: string;
  readonly configPath: string;
  readonly folder: string;
  /** User and group of the service. */
  readonly user: string;
  readonly client: string;
}

export function cacheNames(engine: CacheEngine): CacheNames {
  const named = (name: string): CacheNames => ({
    packages: [`${name}-server`, `${name}-tools`],
    unit: `${name}-server.service`,
    configPath: `/etc/${name}/${name}.conf`,
    folder: `/var/lib/${name}`,
    user: name,
    client: `${name}-cli`,
  });
  return engine === CacheEngine.Valkey ? named("valkey") : named("redis");
}

/** Password of the admin user in the form that the clients of both engines read. */
export const cacheAdminEnv = "/etc/platform/cache-admin.env";
const cacheCheckEnv = "/etc/platform/cache-check.env";

/**
 * Sessions and jobs live here beside cached values. `volatile-lru` gives up the coldest entry that has a time
 * to live: cached values and idle sessions go before an active one, a job (which has none) never goes, and a
 * full cache does not refuse writes, as `noeviction` would, which stops logins and new jobs together.
 */
const evictionPolicy = "volatile-lru";

/** Configuration with users; passwords appear as SHA-256 only. */
export function cacheConf(config: CacheConfig, passwords: CachePasswords): string {
  const { folder } = cacheNames(config.engine);
  return `bind ${config.privateIp} 127.0.0.1
port ${cachePort}
protected-mode yes
tcp-backlog 511
tcp-keepalive 60
timeout 0
supervised systemd
daemonize no
loglevel notice
# Standard output is the journal.
logfile ""
dir ${folder}
maxmemory ${config.maxMemoryMb}mb
maxmemory-policy ${evictionPolicy}
# A crash loses at most the last second of sessions and jobs.
appendonly yes
appendfsync everysec
aof-use-rdb-preamble yes
no-appendfsync-on-rewrite no
# The append-only file is the one copy on disk: snapshots would cost a second fork.
save ""
lazyfree-lazy-eviction yes
lazyfree-lazy-expire yes
disable-thp yes
user default off
user app on #${sha256(passwords.application)} ~* &* +@all -@admin -@dangerous +info +sort
user admin on #${sha256(passwords.admin)} ~* &* +@all
`;
}

function sha256(text: string): string {
  return createHash("sha256").update(text).digest("hex");
}

export function cacheSetup(config: CacheConfig, passwords: CachePasswords): CompleteSetup {
  const names = cacheNames(config.engine);
  const dropIn = keepRunning({ unit: names.unit, serviceLines: ["RestartSec=1"] });
  const ask = (user: string, envPath: string, command: string) =>
    `$(set -a && . ${envPath} && ${names.client} -h ${config.privateIp} -p ${cachePort} --no-auth-warning --user ${user} ${command})`;
  return completeSetup({
    packages: names.packages,
    files: [
      {
        path: names.configPath,
        content: cacheConf(config, passwords),
        owner: names.user,
        group: names.user,
        mode: "0640",
      },
      dropIn,
      { path: cacheAdminEnv, content: `REDISCLI_AUTH=${passwords.admin}\n`, mode: "0600" },
      { path: cacheCheckEnv, content: `REDISCLI_AUTH=${passwords.application}\n`, mode: "0600" },
    ],
    units: [
      {
        name: names.unit,
        reads: [names.configPath, dropIn.path],
        // After a restart it answers LOADING until the append-only file is read.
        ready: `[ "${ask("admin", cacheAdminEnv, "ping")}" = PONG ]`,
        readySeconds: 120,
      },
    ],
    checks: [
      {
        name: "the cache lets the application write and read",
        command: `[ "${ask("app", cacheCheckEnv, "set platform:check 1 EX 60")}" = OK ] && [ "${ask("app", cacheCheckEnv, "get platform:check")}" = 1 ]`,
      },
    ],
  });
}
