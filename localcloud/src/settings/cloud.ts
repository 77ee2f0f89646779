import { join } from "node:path";
import { isCanonicalCidr } from "../addresses/ip";
import { type Behaviour, behaviourOf } from "./behaviour";

/** Where this local cloud lives on the host and which addresses it takes. Every value can be set by the environment. */
export interface LocalCloudSettings {
  /**
   * Short name of this cloud; prefix of its namespaces, links and tables, so that two clouds fit on one host.
   * At most 6 characters of a-z and 0-9, beginning with a letter.
   * @default `$LOCALCLOUD_NAME`, else `hp`
   */
  readonly name: string;
  /**
   * Machines, volumes, state of the API, logs, process files.
   * @default `$LOCALCLOUD_STATE`, else `/var/lib/hetzner-platform`
   */
  readonly stateDir: string;
  /** Public addresses of servers. @default `$LOCALCLOUD_PUBLIC_RANGE`, else `198.51.100.0/24` (RFC 5737) */
  readonly publicRange: string;
  /** Floating IPv4 addresses. @default `$LOCALCLOUD_FLOATING_RANGE`, else `203.0.113.0/24` (RFC 5737) */
  readonly floatingRange: string;
  /**
   * Public IPv6 networks: 16 to 48 bits, of which servers and floating addresses get a part each.
   * @default `$LOCALCLOUD_IPV6_RANGE`, else `2001:db8::/32` (RFC 3849)
   */
  readonly ipv6Range: string;
  /**
   * Source addresses that tell the metadata service on whose port a request came in; never seen by a machine.
   * @default `$LOCALCLOUD_IDENTITY_RANGE`, else `198.18.0.0/17` (RFC 2544)
   */
  readonly identityRange: string;
  /** The host's own address in the public range: API, caches and DNS answer there. @default first of `publicRange` */
  readonly hostAddress: string;
  /** Address of the outside client in the namespace `internet`. @default `.250` of `publicRange` */
  readonly internetAddress: string;
  /** Port of the API on 127.0.0.1 and on `hostAddress`. @default `$LOCALCLOUD_PORT`, else 8080 */
  readonly apiPort: number;
  /**
   * Port on 127.0.0.1 of the control API and its page: faults and the live map, never reachable for machines.
   * @default `$LOCALCLOUD_CONTROL_PORT`, else one above `apiPort`
   */
  readonly controlPort: number;
  /** @default 3142 */
  readonly packageCachePort: number;
  /** @default 5000 */
  readonly registryPort: number;
  /** @default 8169 */
  readonly metadataPort: number;
  /** Directory of the ACME server, once one runs; the port above it is the host's alone. @default 14000 */
  readonly acmePort: number;
  /** What machines see: `http://<hostAddress>:<apiPort>/v1`; the host may use it too. */
  readonly endpoint: string;
  /** Project name to API token of 64 characters. @default `$LOCALCLOUD_TOKENS` (`project=token,...`), else one well-known token */
  readonly tokens: Readonly<Record<string, string>>;
  /** The same for tokens that only read. @default `$LOCALCLOUD_READ_TOKENS`, else none */
  readonly readTokens: Readonly<Record<string, string>>;
  /** What of the API may be one way or another. */
  readonly behaviour: Behaviour;
  /**
   * Addresses outside of the cloud that load balancers accept as IP targets, in place of dedicated servers.
   * @default `$LOCALCLOUD_DEDICATED_SERVERS` (addresses separated by commas), else none
   */
  readonly dedicatedServerIps: readonly string[];
  readonly paths: LocalCloudPaths;
}

/** Opens nothing but the local cloud on this machine, so it is no secret. */
export const wellKnownToken = "localcloud0localcloud0localcloud0localcloud0localcloud0local0000";

export interface LocalCloudPaths {
  readonly machines: string;
  readonly volumes: string;
  readonly snapshots: string;
  readonly storageBoxes: string;
  /** Names of the storage boxes, in the form of /etc/hosts. */
  readonly storageBoxNames: string;
  readonly processes: string;
  /** Files of the DHCP servers. */
  readonly dhcp: string;
  /** A folder for each load balancer's proxy. */
  readonly loadBalancers: string;
  readonly pidFile: string;
  /** Whose state this is. */
  readonly note: string;
  readonly controlSocket: string;
  /** Record of the faults that are in force. */
  readonly faults: string;
  readonly daemonLog: string;
  /** One JSON line for each API request. */
  readonly apiLog: string;
  /** Folder of the API's embedded database. */
  readonly store: string;
  /** Certificate, key of the registry, signed by the local cloud's own authority. */
  readonly certificate: string;
  readonly certificateKey: string;
  /** Path of the ACME server's program. */
  readonly acmeProgram: string;
  readonly acmeConfiguration: string;
  /** Roots of all certificates that it has issued. */
  readonly acmeRoots: string;
}

type Environment = Readonly<Record<string, string | undefined>>;

/**
 * Settings from the environment.
 *
 * @throws when a value has the wrong form, with the name of the variable
 */
export function localCloudSettings(env: Environment = process.env): LocalCloudSettings {
  const name = env.LOCALCLOUD_NAME ?? "hp";
  if (!/^[a-z][a-z0-9]{0,5}$/.test(name)) {
    throw new Error(`LOCALCLOUD_NAME must be 1 to 6 characters of a-z and 0-9, got ${JSON.stringify(name)}`);
  }
  const stateDir = env.LOCALCLOUD_STATE ?? "/var/lib/hetzner-platform";
  const publicRange = slash24(env, "LOCALCLOUD_PUBLIC_RANGE", "198.51.100.0/24");
  const prefix = publicRange.slice(0, publicRange.lastIndexOf("."));
  const hostAddress = `${prefix}.1`;
  const apiPort = portOf(env, "LOCALCLOUD_PORT", 8080);
  return {
    name,
    stateDir,
    publicRange,
    floatingRange: slash24(env, "LOCALCLOUD_FLOATING_RANGE", "203.0.113.0/24"),
    ipv6Range: ipv6RangeOf(env),
    identityRange: env.LOCALCLOUD_IDENTITY_RANGE ?? "198.18.0.0/17",
    hostAddress,
    internetAddress: `${prefix}.250`,
    apiPort,
    controlPort: portOf(env, "LOCALCLOUD_CONTROL_PORT", apiPort + 1),
    packageCachePort: portOf(env, "LOCALCLOUD_PACKAGE_CACHE_PORT", 3142),
    registryPort: portOf(env, "LOCALCLOUD_REGISTRY_PORT", 5000),
    metadataPort: portOf(env, "LOCALCLOUD_METADATA_PORT", 8169),
    acmePort: portOf(env, "LOCALCLOUD_ACME_PORT", 14_000),
    endpoint: `http://${hostAddress}:${apiPort}/v1`,
    tokens: tokensOf(env, "LOCALCLOUD_TOKENS") ?? { local: wellKnownToken },
    readTokens: tokensOf(env, "LOCALCLOUD_READ_TOKENS") ?? {},
    behaviour: behaviourOf(env),
    dedicatedServerIps: (env.LOCALCLOUD_DEDICATED_SERVERS ?? "").split(",").filter((ip) => ip !== ""),
    paths: pathsIn(stateDir),
  };
}

function pathsIn(stateDir: string): LocalCloudPaths {
  const inState = (...parts: string[]) => join(stateDir, ...parts);
  return {
    machines: inState("machines"),
    volumes: inState("volumes"),
    snapshots: inState("snapshots"),
    storageBoxes: inState("storage-boxes"),
    storageBoxNames: inState("storage-boxes", "hosts"),
    processes: inState("processes"),
    dhcp: inState("dhcp"),
    loadBalancers: inState("load-balancers"),
    pidFile: inState("daemon.pid"),
    note: inState("cloud.json"),
    controlSocket: inState("control.sock"),
    faults: inState("faults.json"),
    daemonLog: inState("daemon.log"),
    apiLog: inState("api.log"),
    store: inState("store"),
    certificate: inState("tls", "cert.pem"),
    certificateKey: inState("tls", "key.pem"),
    acmeProgram: inState("acme", "program"),
    acmeConfiguration: inState("acme", "pebble.json"),
    acmeRoots: inState("acme", "roots.pem"),
  };
}

function tokensOf(env: Environment, variable: string): Record<string, string> | undefined {
  const text = env[variable];
  if (text === undefined || text === "") return undefined;
  const pairs = text.split(",").map((pair) => pair.split("="));
  const wrong = pairs.find(([project, token]) => !project || token?.length !== 64);
  if (wrong !== undefined) {
    throw new Error(`${variable} must be project=token,... with tokens of 64 characters`);
  }
  return Object.fromEntries(pairs);
}

function slash24(env: Environment, variable: string, fallback: string): string {
  const value = env[variable] ?? fallback;
  if (!/^(\d{1,3}\.){3}0\/24$/.test(value)) {
    throw new Error(`${variable} must be an IPv4 /24 such as ${fallback}, got ${JSON.stringify(value)}`);
  }
  return value;
}

function ipv6RangeOf(env: Environment): string {
  const value = env.LOCALCLOUD_IPV6_RANGE ?? "2001:db8::/32";
  const bits = isCanonicalCidr(value) && value.includes(":") ? Number(value.split("/")[1]) : 0;
  if (bits < 16 || bits > 48) {
    throw new Error(
      `LOCALCLOUD_IPV6_RANGE must be an IPv6 network of 16 to 48 bits such as 2001:db8::/32, got ${JSON.stringify(value)}`,
    );
  }
  return value;
}

function portOf(env: Environment, variable: string, fallback: number): number {
  const value = Number(env[variable] ?? fallback);
  if (!Number.isInteger(value) || value < 1 || value > 65_535) {
    throw new Error(`${variable} must be a port from 1 to 65535, got ${JSON.stringify(env[variable])}`);
  }
  return value;
}
