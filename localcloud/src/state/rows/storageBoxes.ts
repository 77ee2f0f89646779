// Storage boxes.
import type { Owned } from "./common";

/** Switches of a storage box under the API's own names. */
export type StorageBoxAccess = Readonly<
  Record<"reachable_externally" | "samba_enabled" | "ssh_enabled" | "webdav_enabled" | "zfs_enabled", boolean>
>;

export type SubaccountAccess = Readonly<
  Record<"reachable_externally" | "samba_enabled" | "ssh_enabled" | "webdav_enabled" | "readonly", boolean>
>;

/** Times are UTC; `day_of_week` 1 is Monday, null is every day. */
export interface SnapshotPlan {
  readonly max_snapshots: number;
  readonly minute: number;
  readonly hour: number;
  readonly day_of_week: number | null;
  readonly day_of_month: number | null;
}

export interface StorageBox extends Owned {
  readonly storageBoxType: string;
  readonly location: string;
  readonly status: "initializing" | "active";
  readonly username: string;
  readonly passwordHash: string;
  /** Put into the account's authorized_keys once, when the box is made; later the file is the user's. */
  readonly publicKeys: readonly string[];
  /** IPv4 address in the public range. */
  readonly ip: string;
  readonly accessSettings: StorageBoxAccess;
  readonly snapshotPlan: SnapshotPlan | null;
  /** Moments of the plan up to this one are dealt with; ISO 8601. */
  readonly planCheckedUntil: string | null;
  /** Bytes, as the file system last told them. */
  readonly sizeData: number;
  readonly sizeSnapshots: number;
  /** How many subaccounts there ever were: their numbers are not used again. */
  readonly subaccountCount: number;
  readonly protected: boolean;
}

export interface StorageBoxSubaccount extends Owned {
  readonly storageBox: number;
  /** False until its create action has succeeded; clients do not see it before. */
  readonly ready: boolean;
  readonly username: string;
  readonly passwordHash: string;
  readonly homeDirectory: string;
  readonly accessSettings: SubaccountAccess;
  readonly description: string;
}

export interface StorageBoxSnapshot extends Owned {
  readonly storageBox: number;
  /** As for a subaccount. */
  readonly ready: boolean;
  readonly description: string;
  readonly isAutomatic: boolean;
  /** Bytes that only this snapshot holds. */
  readonly size: number;
  /** Bytes of the file system that it shows. */
  readonly sizeFilesystem: number;
}
