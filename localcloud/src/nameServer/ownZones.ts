// Zones that no client made: reverse names of the cloud's addresses, and Hetzner's name servers themselves.
import { createHash } from "node:crypto";
import ipaddr from "ipaddr.js";
import { defaultDnsPtr } from "../addresses/ip";
import { assignedNameservers, defaultSoa } from "../dns/authority";
import type { RecordSpec, World } from "../host/contract";
import { zoneText } from "./zoneText";

export interface OwnZone {
  readonly name: string;
  readonly text: string;
}

/** Seconds; as for Hetzner's own reverse zones. */
const ownTtl = 86_400;

/** The last text of each zone: hundreds of names are checked again only when one has changed. */
const written = new Map<string, { readonly content: string; readonly zone: OwnZone }>();

/** A zone whose serial follows from what is in it: nobody transfers it, so it need not grow. */
function ownZone(name: string, records: readonly Omit<RecordSpec, "ttl">[]): OwnZone {
  const content = JSON.stringify(records);
  const before = written.get(name);
  if (before?.content === content) return before.zone;
  const zone = writeZone(name, records);
  written.set(name, { content, zone });
  return zone;
}

function writeZone(name: string, records: readonly Omit<RecordSpec, "ttl">[]): OwnZone {
  const text = (serial: number) =>
    zoneText(
      name,
      [
        { name: "@", type: "SOA" as const, value: defaultSoa(serial) },
        ...assignedNameservers.map((value) => ({ name: "@", type: "NS" as const, value })),
        ...records,
      ].map((record) => ({ ...record, ttl: ownTtl })),
    );
  return { name, text: text(digestOf(text(0))) };
}

/** 32 bits of a text's SHA-256. */
export const digestOf = (text: string) => createHash("sha256").update(text).digest().readUInt32BE();

/** Where the assigned name servers answer, in their order. */
export function nameserverZones(addresses: readonly string[]): readonly OwnZone[] {
  const hosts = assignedNameservers.map((server, index) => {
    const [host = "", ...rest] = server.slice(0, -1).split(".");
    return { host, zone: rest.join("."), address: addresses[index] ?? "" };
  });
  return [...new Set(hosts.map(({ zone }) => zone))].map((name) =>
    ownZone(
      name,
      hosts
        .filter(({ zone, address }) => zone === name && address !== "")
        .map(({ host, address }) => ({ name: host, type: "A", value: address })),
    ),
  );
}

export interface ReverseRanges {
  /** IPv4 ranges of 24 bits: every address has a name, Hetzner's default unless another was set. */
  readonly ipv4: readonly string[];
  /** An IPv6 range, of which only names that were set are known (HC-S20). */
  readonly ipv6: string;
}

export function reverseZones(ranges: ReverseRanges, pointers: World["pointers"]): readonly OwnZone[] {
  return [...ranges.ipv4.map((range) => reverse4(range, pointers)), reverse6(ranges.ipv6, pointers)];
}

function reverse4(range: string, pointers: World["pointers"]): OwnZone {
  const bytes = range.split("/")[0]?.split(".").slice(0, 3) ?? [];
  const records = Array.from({ length: 256 }, (_, last) => {
    const address = [...bytes, last].join(".");
    return pointer(String(last), pointers[address] ?? defaultDnsPtr(address));
  });
  return ownZone(`${[...bytes].reverse().join(".")}.in-addr.arpa`, records);
}

function reverse6(range: string, pointers: World["pointers"]): OwnZone {
  const [network, bits] = ipaddr.IPv6.parseCIDR(range);
  // A zone begins at a whole hexadecimal digit.
  const digits = Math.floor(bits / 4);
  const zone = nibbles(network)
    .slice(32 - digits)
    .join(".");
  const records = Object.entries(pointers).flatMap(([address, target]) => {
    if (!ipaddr.IPv6.isValid(address)) return [];
    const parsed = ipaddr.IPv6.parse(address);
    if (!parsed.match(network, bits)) return [];
    return [
      pointer(
        nibbles(parsed)
          .slice(0, 32 - digits)
          .join("."),
        target,
      ),
    ];
  });
  return ownZone(`${zone}.ip6.arpa`, records);
}

const pointer = (name: string, target: string) => ({ name, type: "PTR" as const, value: `${target}.` });

/** Hexadecimal digits of an address, last first. */
const nibbles = (address: ipaddr.IPv6) =>
  address.parts.flatMap((part) => [...part.toString(16).padStart(4, "0")]).reverse();
