import type { DeployWindow } from "./deployWindow";
import type { DnsSettings } from "./dns";
import type { TierTraffic } from "./mutualTls";
import type { UserRoleSettings } from "./userRole";

/** What every role may know of the whole platform: settings that belong to none of them. */
export interface PlatformWide {
  /** Prefix of every server's name, one RFC 1123 label: `prod`. */
  readonly environment: string;
  /** Name that visitors use: `www.example.com`. */
  readonly domain: string;
  /** Further names, whose visitors are sent to the domain. @default - none */
  readonly aliases?: readonly string[];
  /** Where the names' records are. @default - in nobody's zone that the platform knows */
  readonly dns?: DnsSettings | undefined;
  /** Hetzner location: `nbg1`. */
  readonly location: string;
  /** Image of every machine that is made: `debian-13`, the number of a snapshot, or `baked`. */
  readonly image: string;
  /** Numbers of the snapshots that `baked` stands for, by role. @default - nothing is baked */
  readonly bakedImages?: Readonly<Record<string, number>>;
  readonly network: NetworkSettings;
  /** What machines say to each other over TLS with certificates on both sides, and not without. @default - nothing */
  readonly mutualTls?: readonly TierTraffic[];
  /** Ranges that may reach SSH on the load balancers, the bastions of all other machines. */
  readonly adminRanges: readonly string[];
  readonly images: ImageSources;
  /** Further kinds of machines, by name. @default - none */
  readonly roles?: Readonly<Record<string, UserRoleSettings>>;
  /** Highest monthly sum in EUR without VAT that `up` accepts; undefined: no limit. */
  readonly budgetEur: number | undefined;
  /** Hours in which `up` changes the stack. @default - any time */
  readonly deployWindow?: DeployWindow | undefined;
  /** A machine that does more than one kind of work is refused. @default - as the preset says */
  readonly strictRoles?: boolean | undefined;
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

export interface NetworkSettings {
  /** Private range of the platform: `10.0.0.0/16`. */
  readonly range: string;
  /** Hetzner network zone of the location: `eu-central`. */
  readonly zone: string;
  /** One subnet for each role by its name, inside the range. @default - for a role without one: a free part of the range */
  readonly subnets: Readonly<Record<string, string>>;
}

/** Where container images come from. */
export interface ImageSources {
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
