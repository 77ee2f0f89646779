import * as pulumi from "@pulumi/pulumi";
import { storeEnvironments } from "./credentials";
import type { ResolveImage } from "./machine/images";
import type { PlatformContext } from "./machine/machinesArgs";
import type { Network } from "./machine/network";
import {
  appArgs,
  containerArgs,
  databaseArgs,
  type PrivateCommonArgs,
  type ProgramSecrets,
  pairArgs,
  storageArgs,
} from "./narrow";
import type { Plan } from "./plan/plan";
import { createGround } from "./platformGround";
import { imagesOf, type MachineSummary, serverIdsByName, summarize } from "./platformOutputs";
import { planPlatform } from "./presets";
import { requireBuilt } from "./presets/problems";
import { AppNodes } from "./roles/app";
import { ContainerMachines } from "./roles/container";
import { DatabaseNode } from "./roles/database";
import { LoadBalancerPair } from "./roles/edge";
import { StorageNode } from "./roles/storage";
import type { OffsiteCredentials } from "./roles/storage/settings";
import type { PlatformSettings } from "./stack/settings";
import { rememberSettled } from "./stack/settledRecord";

export interface PlatformArgs {
  /** Validated settings: `readStackConfig` makes them from stack configuration. */
  readonly settings: PlatformSettings;
  /** @default - `planPlatform(settings)` */
  readonly plan?: Plan;
  /** Token with which the load balancers move their floating IP: read and write, of the same project. Secret. */
  readonly apiToken: pulumi.Input<string>;
  /** Base of the Hetzner Cloud API that the load balancers call. @default "https://api.hetzner.cloud/v1" */
  readonly apiEndpoint?: pulumi.Input<string>;
  /** Certificate chain and key in one PEM text. Secret. @default - HTTP only */
  readonly certificate?: pulumi.Input<string>;
  /** Access to the bucket of `settings.storage.backup.offsite`. Secret. @default - no second copy */
  readonly offsiteCredentials?: pulumi.Input<OffsiteCredentials>;
  /** Encrypts the copies outside. Secret. @default - random, see `StorageNode.backupKey` */
  readonly backupKey?: pulumi.Input<string>;
  /** Values of the secrets that services and registries name in the settings. Secret. @default - none */
  readonly secrets?: pulumi.Input<Readonly<Record<string, string>>>;
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
    const child = { parent: this };
    const gate = rememberSettled(name, settings, this);
    const ground = createGround(name, args, plan, gate, this);
    const { key, network, secrets, resolveImage, common, serverHooks } = ground;

    const edge = new LoadBalancerPair(`${name}-edge`, pairArgs(settings, plan, common, args), child, {
      plan,
      serverHooks,
    });
    const privateCommon = { ...common, bastion: edge.bastion, registries: ground.registries };
    const database = new DatabaseNode(
      `${name}-database`,
      databaseArgs(settings, plan, privateCommon, resolveImage(settings.images.elasticsearch)),
      // Before release 0.2.
      { ...child, aliases: [{ name: `${name}-data` }] },
      { plan, serverHooks },
    );
    const storage = new StorageNode(
      `${name}-storage`,
      storageArgs(settings, plan, privateCommon, {
        objectStoreImage: resolveImage(settings.images.objectStore),
        database: { backup: database.backup, restore: database.restore },
        offsiteCredentials: args.offsiteCredentials,
        backupKey: args.backupKey,
      }),
      child,
      { plan, serverHooks },
    );
    const programs = { stores: storeEnvironments(database, storage), secrets };
    const app = new AppNodes(
      `${name}-app`,
      appArgs(settings, plan, privateCommon, programs, resolveImage),
      child,
      { plan, serverHooks },
    );
    const own = userMachines(
      name,
      settings,
      privateCommon,
      programs,
      resolveImage,
      { plan, serverHooks },
      this,
    );

    const scheme = args.certificate === undefined ? "http" : "https";
    const everything: pulumi.Output<string | string[]>[] = [
      edge.configured,
      database.configured,
      storage.configured,
      app.configured,
    ];
    everything.push(...Object.values(own).map(({ configured }) => configured));
    this.network = network;
    this.edge = edge;
    this.app = app;
    this.database = database;
    this.storage = storage;
    this.virtualIp = edge.virtualIp;
    this.floatingIpId = edge.floatingIpId;
    this.networkId = network.networkId;
    this.endpoint = pulumi.all([edge.virtualIp, everything]).apply(([address]) => `${scheme}://${address}`);
    this.url =
      args.certificate === undefined
        ? this.endpoint
        : this.endpoint.apply(() => `${scheme}://${settings.domain}`);
    this.machines = pulumi.output(summarize(settings, plan));
    this.serverIds = serverIdsByName(plan, { edge, app, database, storage, ...own });
    this.databaseUrl = database.databaseUrl;
    this.backupKey = storage.backupKey;
    this.images = pulumi.output(
      Object.fromEntries(imagesOf(plan).map((reference) => [reference, resolveImage(reference)])),
    );
    this.deployKey = key.privateKey;
    this.bastion = pulumi.output(edge.bastion.host);
    this.registerOutputs({
      url: this.url,
      endpoint: this.endpoint,
      virtualIp: this.virtualIp,
      floatingIpId: this.floatingIpId,
      networkId: this.networkId,
      machines: this.machines,
      serverIds: this.serverIds,
      databaseUrl: this.databaseUrl,
      backupKey: this.backupKey,
      images: this.images,
      deployKey: this.deployKey,
      bastion: this.bastion,
    });
  }
}

/** The machines of the roles that the stack file defines, by role. */
function userMachines(
  name: string,
  settings: PlatformSettings,
  common: PrivateCommonArgs,
  programs: ProgramSecrets,
  resolve: ResolveImage,
  platform: PlatformContext,
  parent: Platform,
): Readonly<Record<string, ContainerMachines>> {
  const made = Object.entries(settings.roles ?? {}).map((role) => {
    const args = containerArgs(settings, platform.plan, role, common, programs, resolve);
    return [role[0], new ContainerMachines(`${name}-${role[0]}`, args, { parent }, platform)] as const;
  });
  return Object.fromEntries(made);
}
