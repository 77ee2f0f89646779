// Servers, and what they are made from.
import type { Owned } from "./common";

export interface SshKey extends Owned {
  /** MD5 of the key blob, colon-separated hexadecimal. */
  readonly fingerprint: string;
  readonly publicKey: string;
}

export interface PlacementGroup extends Owned {
  readonly type: "spread";
}

export interface PrivateNet {
  readonly network: number;
  readonly ip: string;
  readonly aliasIps: readonly string[];
  readonly macAddress: string;
}

export interface Server extends Owned {
  readonly serverType: string;
  readonly location: string;
  /** Id of a catalogue image or of a snapshot; null when that snapshot was deleted. */
  readonly image: number | null;
  readonly diskGb: number;
  readonly userData: string;
  /** The keys themselves: deleting an SSH key later changes nothing here. */
  readonly publicKeys: readonly string[];
  /** Only where no key was given. */
  readonly rootPasswordHash: string | null;
  readonly power: "on" | "off";
  readonly macAddress: string;
  readonly privateNets: readonly PrivateNet[];
  readonly placementGroup: number | null;
  readonly protected: boolean;
  /** Hours of UTC in which a backup is made each day: `22-02`; null while backups are off. */
  readonly backupWindow: string | null;
  /** When the last daily backup began; ISO 8601. @default null */
  readonly lastBackup?: string | null;
  /** Id of the catalogue's ISO that is attached. @default null */
  readonly iso?: number | null;
  /** Set while the next boot starts the rescue system. @default null */
  readonly rescue?: Rescue | null;
}

/** Who may log in to the rescue system, and until when it waits to be booted. */
export interface Rescue {
  readonly publicKeys: readonly string[];
  readonly rootPasswordHash: string;
  /** ISO 8601; not booted by then, it is disabled again. */
  readonly until: string;
}

export interface Volume extends Owned {
  readonly size: number;
  readonly location: string;
  readonly server: number | null;
  readonly format: "ext4" | "xfs" | null;
  readonly status: "creating" | "available";
  readonly protected: boolean;
}

/** A snapshot or a backup; system images live in the catalogue. */
export interface Image extends Owned {
  readonly type: "snapshot" | "backup";
  readonly status: "creating" | "available" | "unavailable";
  readonly description: string;
  readonly imageSizeGb: number | null;
  readonly diskGb: number;
  readonly createdFrom: { readonly id: number; readonly name: string };
  readonly boundTo: number | null;
  readonly osFlavor: string;
  readonly osVersion: string | null;
  readonly architecture: "x86" | "arm";
  readonly protected: boolean;
}
