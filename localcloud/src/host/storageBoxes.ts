// What the API asks of the host for storage boxes.

/** A login of a box: its own account, or a subaccount. */
export interface BoxAccount {
  /** `u1337` or `u1337-sub1`. */
  readonly username: string;
  /** Hash for /etc/shadow (`$6$...`). */
  readonly passwordHash: string;
  /** Home directory below the box's data, without a leading slash; empty for the box's own account. */
  readonly home: string;
  readonly readonly: boolean;
  /** SSH with rsync and borg on port 23; SFTP on port 22 is always there. */
  readonly ssh: boolean;
  /** Whether the account may log in from outside the cloud. */
  readonly external: boolean;
}

export interface StorageBoxSpec {
  readonly id: number;
  /** Address in the public range. */
  readonly ip: string;
  /** Size of the file system in bytes: data and snapshots together. */
  readonly size: number;
  /** Public keys that the box's own account begins with. */
  readonly publicKeys: readonly string[];
  /** Whether the box's own account sees `.zfs/snapshot`. */
  readonly snapshotsVisible: boolean;
  /** The box's own account first. */
  readonly accounts: readonly BoxAccount[];
}

/** Disk usage in bytes. */
export interface BoxUsage {
  readonly data: number;
  /** What only snapshots hold. */
  readonly snapshots: number;
  readonly bySnapshot: ReadonlyMap<string, SnapshotUsage>;
}

export interface SnapshotUsage {
  /** What only this snapshot holds. */
  readonly exclusive: number;
  /** What it shows. */
  readonly total: number;
}

/** The part of the host that keeps storage boxes. Every method is idempotent. */
export interface StorageBoxHost {
  /** File system, size, accounts and the running server: as in the specification. */
  settleStorageBox(box: StorageBoxSpec): Promise<void>;
  removeStorageBox(boxId: number): Promise<void>;
  createStorageBoxSnapshot(boxId: number, snapshot: string): Promise<void>;
  removeStorageBoxSnapshot(boxId: number, snapshot: string): Promise<void>;
  /** Puts the data back; removes no snapshot. Ends the sessions of the box. */
  rollbackStorageBox(box: StorageBoxSpec, snapshot: string): Promise<void>;
  /** Undefined for a box that does not exist on the host. */
  storageBoxUsage(boxId: number): Promise<BoxUsage | undefined>;
  /** Names of the folders in a folder, given by its parts, sorted; undefined when it does not exist. */
  storageBoxFolders(boxId: number, path: readonly string[]): Promise<readonly string[] | undefined>;
}
