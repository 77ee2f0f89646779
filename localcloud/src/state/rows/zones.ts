// DNS zones.
import type { RecordType } from "../../dns/recordData";
import type { Labels, Owned } from "./common";

/** A primary name server from which a secondary zone is transferred. */
export interface PrimaryNameserver {
  readonly address: string;
  readonly port: number;
  readonly tsigAlgorithm: "hmac-md5" | "hmac-sha1" | "hmac-sha256" | null;
  /** Base64. The transfer needs the key itself, and the API shows it. */
  readonly tsigKey: string | null;
}

export interface ZoneRecord {
  /** As it was sent; `dns/recordData.ts` knows which texts are the same record. */
  readonly value: string;
  readonly comment: string | null;
}

export interface RecordSet {
  /** Below the zone, `@` for the zone itself. */
  readonly name: string;
  readonly type: RecordType;
  /** Null for the zone's. */
  readonly ttl: number | null;
  readonly labels: Labels;
  readonly created: string;
  readonly protected: boolean;
  readonly records: readonly ZoneRecord[];
}

export interface Zone extends Owned {
  readonly mode: "primary" | "secondary";
  readonly ttl: number;
  readonly primaryNameservers: readonly PrimaryNameserver[];
  /** Of a primary zone; the serial stands in its SOA record. Empty for a secondary one. */
  readonly recordSets: readonly RecordSet[];
  /** What came of transferring a secondary zone; null while that is not known. */
  readonly transfer: { readonly answered: boolean; readonly recordCount: number } | null;
  readonly protected: boolean;
}
