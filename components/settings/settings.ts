/** A platform as a plain value: validated, complete, nothing optional except what may really be absent. */
export interface PlatformSettings {
  /** Prefix of every server's name, one RFC 1123 label: `prod`. */
  readonly environment: string;
  /** Name that visitors use: `www.example.com`. */
  readonly domain: string;
  /** Hetzner location: `nbg1`. */
  readonly location: string;
  /** Image of every machine. */
  readonly image: string;
  readonly network: NetworkSettings;
  /** Ranges that may reach SSH on the load balancers, the bastions of all other machines. */
  readonly adminRanges: readonly string[];
  readonly edge: EdgeSettings;
  readonly app: AppSettings;
  readonly database: DatabaseSettings;
  readonly storage: StorageSettings;
  readonly images: ImageSettings;
  /** Highest monthly sum in EUR without VAT that `up` accepts; undefined: no limit. */
  readonly budgetEur: number | undefined;
  /** Which kinds of machines there are. @default "multiServer" */
  readonly preset?: PresetName;
  /** A machine that does more than one kind of work is refused. @default - as the preset says */
  readonly strictRoles?: boolean;
  /** Databases, volumes and addresses are protected against deletion. */
  readonly protect: boolean;
  /**
   * Changes of settings that data depends on, as `path=new value`: `storage.bucket=media`. `up` refuses every
   * other one.
   *
   * @default - none
   */
  readonly acceptChange?: readonly string[];
}

/** Outlines of platforms: `docs/presets.md`. */
export const PresetName = {
  MultiServer: "multiServer",
  Foobar: "foobar",
  Separated: "separated",
  Dhanman: "dhanman",
  ScaleUp: "scaleUp",
} as const;
export type PresetName = (typeof PresetName)[keyof typeof PresetName];

export interface NetworkSettings {
  /** Private range of the platform: `10.0.0.0/16`. */
  readonly range: string;
  /** Hetzner network zone of the location: `eu-central`. */
  readonly zone: string;
  /** One subnet for each role, inside the range. */
  readonly subnets: Readonly<Record<Tier, string>>;
}

export const Tier = { Edge: "edge", App: "app", Database: "database", Storage: "storage" } as const;
export type Tier = (typeof Tier)[keyof typeof Tier];

/** What a machine must at least have; `components/sizing` finds the server type. */
export interface MachineSize {
  readonly vcpus: number;
  readonly memoryGb: number;
  /** Hetzner server type; undefined: the cheapest that satisfies vcpus and memory. */
  readonly serverType: string | undefined;
}

export const EdgeEngine = { HAProxy: "haproxy", Nginx: "nginx" } as const;
export type EdgeEngine = (typeof EdgeEngine)[keyof typeof EdgeEngine];

/** What visitors get who ask for a name that is not the platform's, or for an address. */
export const OtherHosts = {
  /** The same as visitors of the domain. */
  Serve: "serve",
  /** 308 to the domain. */
  Redirect: "redirect",
  /** 421, the status for "not here". */
  Refuse: "refuse",
} as const;
export type OtherHosts = (typeof OtherHosts)[keyof typeof OtherHosts];

export interface EdgeSettings extends MachineSize {
  readonly engine: EdgeEngine;
  /** @default "serve" */
  readonly otherHosts?: OtherHosts;
}

export interface AppSettings extends MachineSize {
  /** Number of identical app nodes. */
  readonly count: number;
  /** The service stack of every app node, by name. */
  readonly services: Readonly<Record<string, ServiceSettings>>;
}

/** One service of the stack that every app node runs. */
export interface ServiceSettings {
  /** Image with a tag, resolved to a digest at `up`: `example/shop:1.4.2`. */
  readonly image: string;
  readonly replicas: number;
  /** Port that the container listens on; undefined for a worker, which nobody can reach. */
  readonly port: number | undefined;
  /** Path prefix that Traefik routes to it: `/api`; undefined with `port` undefined. */
  readonly pathPrefix: string | undefined;
  /** Host name that visitors must use for it: `admin.example.com`; undefined: any. */
  readonly host?: string;
  /** Path that answers 2xx when the replica can serve, asked with the service's host: `/health/ready`. */
  readonly healthPath: string;
  /** Plain environment, readable by everybody on the machine. */
  readonly environment: Readonly<Record<string, string>>;
  /** Stores whose address and credentials the service gets: DATABASE_URL for `database`, and so on. */
  readonly uses: readonly Store[];
  /** Secret environment: the variable, and the name of its value among the stack's secrets. */
  readonly secrets: Readonly<Record<string, string>>;
  readonly memoryMb: number;
}

/** What the platform keeps data in, each with credentials of its own. */
export const Store = {
  Database: "database",
  Cache: "cache",
  Search: "search",
  ObjectStore: "objectStore",
} as const;
export type Store = (typeof Store)[keyof typeof Store];

export const CacheEngine = { Valkey: "valkey", Redis: "redis" } as const;
export type CacheEngine = (typeof CacheEngine)[keyof typeof CacheEngine];

export interface DatabaseSettings extends MachineSize {
  readonly cacheEngine: CacheEngine;
  /** Name of the application's database and role. */
  readonly databaseName: string;
}

export const ObjectStoreEngine = { Versitygw: "versitygw", Minio: "minio" } as const;
export type ObjectStoreEngine = (typeof ObjectStoreEngine)[keyof typeof ObjectStoreEngine];

/** Where backups and the copies of objects are kept for `retentionDays`. */
export const BulkBackend = {
  /** On the volume of the storage node, beside the objects. */
  Volume: "volume",
  /** On a storage box, Hetzner's HDD product: SFTP, not a file system for applications. */
  StorageBox: "storageBox",
  /** In the S3 bucket of `backup.offsite`. */
  ObjectStore: "objectStore",
} as const;
export type BulkBackend = (typeof BulkBackend)[keyof typeof BulkBackend];

export interface StorageSettings extends MachineSize {
  readonly objectStoreEngine: ObjectStoreEngine;
  /** Size of the volume that holds objects, logs and the newest backups, in GB. */
  readonly volumeGb: number;
  readonly bulk: BulkBackend;
  /** What the storage box must hold at least, in GB; the smallest that does is ordered. */
  readonly bulkGb: number;
  /**
   * What becomes of a storage box that `bulk` no longer names: true keeps it and its backups, false lets `up`
   * delete it.
   *
   * @default - `up` refuses to leave a box
   */
  readonly keepStorageBox?: boolean | undefined;
  /** Bucket of the application. */
  readonly bucket: string;
  readonly backup: BackupSettings;
  /** Days that the log archive keeps. */
  readonly logRetentionDays: number;
}

export interface BackupSettings {
  /** systemd calendar expression, UTC: `*-*-* 02:00:00`. */
  readonly schedule: string;
  readonly retentionDays: number;
  /** Second copy outside the platform; undefined: none. */
  readonly offsite: OffsiteSettings | undefined;
}

/** An S3 bucket elsewhere. The credentials are secrets of the stack, not part of this value. */
export interface OffsiteSettings {
  /** `https://nbg1.your-objectstorage.com`. */
  readonly endpoint: string;
  readonly bucket: string;
  readonly region: string;
}

/** Container images of the platform's own software, by tag. */
export interface ImageSettings {
  readonly traefik: string;
  readonly elasticsearch: string;
  readonly objectStore: string;
  /** Mirror of Docker Hub for machines and for looking digests up: `https://mirror.example.com:5000`. */
  readonly registryMirror: string | undefined;
  /** Registries that ask who pulls. */
  readonly registries: readonly RegistrySettings[];
}

/** A login of a container registry. The password is a secret of the stack, not part of this value. */
export interface RegistrySettings {
  /** As image references begin: `ghcr.io`, `registry.example.com:5000`; `docker.io` for Docker Hub. */
  readonly host: string;
  readonly username: string;
  /** Name of the password, or of the token, among the stack's secrets. */
  readonly passwordSecret: string;
}
