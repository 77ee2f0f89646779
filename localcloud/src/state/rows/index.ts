// What the local cloud remembers, as plain rows. Rows are never changed in place: an update puts a new one,
// so that a preview or a failed request can be undone by putting the old one back.
import type { Action } from "./actions";
import type { Project } from "./common";
import type { Certificate, LoadBalancer } from "./loadBalancers";
import type { Firewall, FloatingIp, Network, PrimaryIp } from "./networks";
import type { Image, PlacementGroup, Server, SshKey, Volume } from "./servers";
import type { StorageBox, StorageBoxSnapshot, StorageBoxSubaccount } from "./storageBoxes";
import type { Zone } from "./zones";

export type * from "./actions";
export type * from "./common";
export type * from "./loadBalancers";
export type * from "./networks";
export type * from "./servers";
export type * from "./storageBoxes";
export type * from "./zones";

/** Every kind of row; the keys are the resource types of the API. */
export interface Rows {
  project: Project;
  ssh_key: SshKey;
  network: Network;
  server: Server;
  placement_group: PlacementGroup;
  firewall: Firewall;
  floating_ip: FloatingIp;
  primary_ip: PrimaryIp;
  volume: Volume;
  image: Image;
  storage_box: StorageBox;
  storage_box_subaccount: StorageBoxSubaccount;
  storage_box_snapshot: StorageBoxSnapshot;
  zone: Zone;
  certificate: Certificate;
  load_balancer: LoadBalancer;
  action: Action;
}

export type Kind = keyof Rows;

/** Kinds that a project owns and that carry a name and labels. */
export type OwnedKind = Exclude<Kind, "project" | "action">;
