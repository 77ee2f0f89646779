import * as pulumi from "@pulumi/pulumi";
import type { Network } from "./machine/network";
import type { PlatformInputs } from "./machine/surroundings";
import type { Plan } from "./plan/plan";
import { createGround } from "./platformGround";
import {
  imagesByReference,
  type MachineSummary,
  serverIdsByName,
  summarize,
  whereReached,
} from "./platformOutputs";
import { componentOf, createRoles } from "./platformRoles";
import { planPlatform } from "./presets";
import { requireBuilt } from "./presets/problems";
import { AppNodes } from "./roles/app";
import { DatabaseNode } from "./roles/database";
import { LoadBalancerPair } from "./roles/edge";
import { StorageNode } from "./roles/storage";
import type { PlatformSettings } from "./stack/settings";
import { rememberSettled } from "./stack/settledRecord";

export interface PlatformArgs extends PlatformInputs {
  /** Validated settings: `readStackConfig` makes them from stack configuration. */
  readonly settings: PlatformSettings;
  /** @default - `planPlatform(settings)` */
  readonly plan?: Plan;
}

/**
 * A whole platform: load balancer pair, app nodes, database node and storage node in one private network.
 *
 * Cost: the sum of its machines and addresses; `npm run estimate` prints it line by line.
 *
 * @example
 * ```ts
 * import * as pulumi from "@pulumi/pulumi";
 * import { Platform, parseSettings } from "hetzner-platform";
 *
 * const settings = parseSettings(
 *   {
 *     domain: "www.example.com",
 *     adminRanges: ["203.0.113.7/32"],
 *     app: { services: { web: { image: "example/shop:1.4.2", port: 3000, pathPrefix: "/" } } },
 *     protect: false,
 *   },
 *   "shop",
 * );
 * const platform = new Platform("shop", {
 *   settings,
 *   apiToken: new pulumi.Config("hcloud").requireSecret("token"),
 * });
 *
 * export const url = platform.url;
 * ```
 */
export class Platform extends pulumi.ComponentResource {
  /**
   * Where visitors reach the platform: by its domain when there is a certificate, which is for that name, by its
   * address otherwise. Resolves when every machine is set up.
   */
  public readonly url: pulumi.Output<string>;
  /** The same by address: for the time before DNS points to the platform. */
  public readonly endpoint: pulumi.Output<string>;
  /** The floating IP: what a DNS record of the domain names. */
  public readonly virtualIp: pulumi.Output<string>;
  /** All floating IPs, two when both load balancers serve: what the domain's DNS names. */
  public readonly virtualIps: pulumi.Output<string[]>;
  /** With `edge.ipv6` the addresses of IPv6 beside them: what the domain's DNS names in AAAA records. */
  public readonly virtualIpv6s?: pulumi.Output<string[]>;
  public readonly floatingIpId: pulumi.Output<number>;
  /** The private network, for further machines; resolves when it can be joined. */
  public readonly networkId: pulumi.Output<number>;
  /** Ids of the servers by host name. */
  public readonly serverIds: pulumi.Output<Readonly<Record<string, number>>>;
  /** `postgresql://USER:PASSWORD@ADDRESS:5432/DATABASE`, reachable from app nodes. Secret. */
  public readonly databaseUrl: pulumi.Output<string>;
  /** Reads the copies of backups and objects outside. Secret. */
  public readonly backupKey: pulumi.Output<string>;
  /** Digests that run, by the references of the settings: `{ "traefik:v3.6": "traefik@sha256:..." }`. */
  public readonly images: pulumi.Output<Readonly<Record<string, string>>>;
  public readonly machines: pulumi.Output<MachineSummary[]>;
  /** OpenSSH private key of root on all machines. Secret. */
  public readonly deployKey: pulumi.Output<string>;
  /** Public address for SSH, itself and as a jump host. */
  public readonly bastion: pulumi.Output<string>;
  /** The parts, each with outputs of its own. */
  public readonly network: Network;
  public readonly edge: LoadBalancerPair;
  public readonly app: AppNodes;
  public readonly database: DatabaseNode;
  public readonly storage: StorageNode;

  constructor(name: string, args: PlatformArgs, opts?: pulumi.ComponentResourceOptions) {
    super("hetzner-platform:index:Platform", name, {}, opts);
    const { settings, plan = planPlatform(args.settings) } = args;
    requireBuilt(settings, plan.roles);
    const gate = rememberSettled(name, settings, plan, this);
    const { key, network, resolveImage, forRoles } = createGround(name, args, plan, gate, this);
    const roles = createRoles(name, settings, plan, forRoles, this);
    const edge = componentOf(roles, LoadBalancerPair);
    const database = componentOf(roles, DatabaseNode);
    const storage = componentOf(roles, StorageNode);

    this.network = network;
    this.edge = edge;
    this.app = componentOf(roles, AppNodes);
    this.database = database;
    this.storage = storage;
    this.virtualIp = edge.virtualIp;
    this.virtualIps = edge.virtualIps;
    if (edge.virtualIpv6s !== undefined) this.virtualIpv6s = edge.virtualIpv6s;
    this.floatingIpId = edge.floatingIpId;
    this.networkId = network.networkId;
    const reached = whereReached(
      edge.virtualIp,
      roles,
      plan.names?.served[0] ?? settings.domain,
      args.certificate !== undefined ? "own" : settings.edge.acme.enabled ? "acme" : undefined,
    );
    this.endpoint = reached.endpoint;
    this.url = reached.url;
    this.machines = pulumi.output(summarize(settings, plan));
    this.serverIds = serverIdsByName(plan, roles);
    this.databaseUrl = database.databaseUrl;
    this.backupKey = storage.backupKey;
    this.images = imagesByReference(plan, resolveImage);
    this.deployKey = key.privateKey;
    this.bastion = pulumi.output(edge.bastion.host);
    this.registerOutputs(outputsOf(this));
  }
}

function outputsOf(platform: Platform) {
  const { url, endpoint, virtualIp, virtualIps, floatingIpId, networkId, machines, serverIds } = platform;
  const { databaseUrl, backupKey, images, deployKey, bastion, virtualIpv6s } = platform;
  return {
    ...{ url, endpoint, virtualIp, virtualIps, floatingIpId, networkId, machines, serverIds },
    ...{ databaseUrl, backupKey, images, deployKey, bastion },
    ...(virtualIpv6s && { virtualIpv6s }),
  };
}
