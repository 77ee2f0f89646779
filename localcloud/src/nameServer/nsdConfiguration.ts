// nsd.conf as a text. Every value was read by a pattern before; what is none is refused here once more, because
// this file is the only one that names paths and keys.
import type { TransferSource } from "../host/contract";

/** Address and port, such as `198.51.100.251` and 53. */
export interface Listener {
  readonly address: string;
  readonly port: number;
}

export interface ServedZone {
  /** Without final dot. */
  readonly name: string;
  /** Below the folder. */
  readonly file: string;
  /** Of a secondary zone. */
  readonly sources?: readonly TransferSource[];
}

export interface NsdOptions {
  /** Root of everything that the server sees: it changes into it and gives up its rights. */
  readonly folder: string;
  readonly user: string;
  readonly listeners: readonly Listener[];
  readonly zones: readonly ServedZone[];
}

const safe = /^[A-Za-z0-9._:/@+=-]+$/;

function quoted(value: string): string {
  if (!safe.test(value)) throw new Error(`${JSON.stringify(value)} cannot stand in nsd.conf`);
  return `"${value}"`;
}

export function nsdConfiguration({ folder, user, listeners, zones }: NsdOptions): string {
  const inFolder = (name: string) => quoted(`${folder}/${name}`);
  return [
    "server:",
    `  username: ${quoted(user)}`,
    `  chroot: ${quoted(folder)}`,
    `  zonesdir: ${quoted(folder)}`,
    '  database: ""',
    '  pidfile: ""',
    `  xfrdfile: ${inFolder("state/xfrd.state")}`,
    `  zonelistfile: ${inFolder("state/zone.list")}`,
    `  xfrdir: ${inFolder("state")}`,
    "  server-count: 1",
    "  hide-version: yes",
    "  rrl-ratelimit: 0",
    // The table would be kept all the same, with 31 MB.
    "  rrl-size: 1000",
    // The addresses come and go with the cloud's link.
    "  ip-freebind: yes",
    ...listeners.map(({ address, port }) => `  ip-address: ${quoted(`${address}@${port}`)}`),
    "remote-control:",
    "  control-enable: yes",
    `  control-interface: ${inFolder("control.sock")}`,
    ...zones.flatMap(keys),
    ...zones.flatMap((zone) => zoneLines(zone, listeners)),
    "",
  ].join("\n");
}

/**
 * Names of a zone's keys, one for each secret. Both sides of a transfer must call a key the same, and the API
 * has no field for it: the first is called as the zone, others `2.<zone>`, `3.<zone>`. What Hetzner calls them is
 * not documented.
 */
function keyNames({ name, sources = [] }: ServedZone): ReadonlyMap<string, string> {
  const secrets = new Set(sources.flatMap(({ key }) => (key === null ? [] : [keyId(key)])));
  return new Map([...secrets].map((id, index) => [id, index === 0 ? name : `${index + 1}.${name}`]));
}

const keyId = ({ algorithm, secret }: NonNullable<TransferSource["key"]>) => `${algorithm} ${secret}`;

function keys(zone: ServedZone): string[] {
  return [...keyNames(zone)].flatMap(([id, name]) => {
    const [algorithm = "", secret = ""] = id.split(" ");
    return [
      "key:",
      `  name: ${quoted(name)}`,
      `  algorithm: ${quoted(algorithm)}`,
      `  secret: ${quoted(secret)}`,
    ];
  });
}

function zoneLines(zone: ServedZone, listeners: readonly Listener[]): string[] {
  const names = keyNames(zone);
  const transfers = (zone.sources ?? []).flatMap(({ address, port, key }) => {
    const name = key === null ? "NOKEY" : (names.get(keyId(key)) ?? "NOKEY");
    return [
      `  request-xfr: AXFR ${quoted(`${address}@${port}`)} ${quoted(name)}`,
      `  allow-notify: ${quoted(address)} ${quoted(name)}`,
    ];
  });
  const [own] = listeners;
  // A primary knows its secondaries by their addresses.
  if (transfers.length > 0 && own !== undefined)
    transfers.push(`  outgoing-interface: ${quoted(own.address)}`);
  // Without a zone yet, NSD would ask again after hours.
  if (transfers.length > 0) transfers.push("  max-retry-time: 10", "  min-retry-time: 2");
  return ["zone:", `  name: ${quoted(zone.name)}`, `  zonefile: ${quoted(zone.file)}`, ...transfers];
}
