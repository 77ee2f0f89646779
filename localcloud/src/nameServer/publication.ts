// Everything that the name servers answer, as files. Pure: nameServer.ts writes them.

import { defaultSoa } from "../dns/authority";
import type { World } from "../host/contract";
import { type Listener, nsdConfiguration, type ServedZone } from "./nsdConfiguration";
import { digestOf, nameserverZones, type OwnZone, type ReverseRanges, reverseZones } from "./ownZones";
import { zoneText } from "./zoneText";

export type Names = Pick<World, "zones" | "pointers">;

export interface PublicationOptions {
  readonly folder: string;
  readonly user: string;
  /** One for each assigned name server; in tests one for all. */
  readonly listeners: readonly Listener[];
  readonly ranges: ReverseRanges;
}

/** A zone of which the file is ours. */
export interface ZoneFile {
  readonly zone: string;
  /** Below the folder; made of ids and own names, never of what a client sent. */
  readonly file: string;
  readonly text: string;
}

export interface Publication {
  readonly files: readonly ZoneFile[];
  readonly configuration: string;
  /** Every zone that is answered, for the resolver. */
  readonly zones: readonly string[];
  /** Secondary zones, by id. */
  readonly secondaries: ReadonlyMap<number, string>;
  /** Serial of the zone {@link markerZone}: it stands for all the rest. */
  readonly serial: number;
}

/** Answers which publication the server has loaded; it reloads all zones at once. */
export const markerZone = "publication.invalid";

export function publicationOf({ zones, pointers }: Names, options: PublicationOptions): Publication {
  const files: ZoneFile[] = zones.flatMap(({ id, name, contents }) =>
    contents.mode === "primary"
      ? [{ zone: name, file: `zones/${id}.zone`, text: zoneText(name, contents.records) }]
      : [],
  );
  const addresses = options.listeners.map(({ address }) => address);
  files.push(...[...nameserverZones(addresses), ...reverseZones(options.ranges, pointers)].map(fileOf));
  const secondaries: ServedZone[] = zones.flatMap(({ id, name, contents }) =>
    contents.mode === "secondary"
      ? [{ name, file: `state/secondary-${id}.zone`, sources: contents.sources }]
      : [],
  );
  const marker = { zone: markerZone, file: "zones/marker.zone" };
  const served = [...files, marker].map(({ zone, file }) => ({ name: zone, file }));
  const configuration = nsdConfiguration({ ...options, zones: [...served, ...secondaries] });
  const serial = digestOf([configuration, ...files.map(({ file, text }) => `${file}\n${text}`)].join("\n"));
  const records = [{ name: "@", type: "SOA" as const, ttl: 0, value: defaultSoa(serial) }];
  return {
    files: [...files, { ...marker, text: zoneText(markerZone, records) }],
    configuration,
    zones: [...files.map(({ zone }) => zone), ...secondaries.map(({ name }) => name)],
    secondaries: new Map(
      zones.filter(({ contents }) => contents.mode === "secondary").map(({ id, name }) => [id, name]),
    ),
    serial,
  };
}

const fileOf = ({ name, text }: OwnZone): ZoneFile => ({ zone: name, file: `zones/own-${name}.zone`, text });

/** Lines of dnsmasq's servers file: which questions go to the name server instead of the host's resolver. */
export function resolverLines(zones: readonly string[], { address, port }: Listener): string {
  return zones.map((zone) => `server=/${zone}/${address}#${port}\n`).join("");
}
