import * as hcloud from "@pulumi/hcloud";
import * as pulumi from "@pulumi/pulumi";
import { Machine, numericId } from "../../machine/machine";
import { containerHost, type PrivateTierArgs } from "../../machine/tier";
import type { MachinePlan } from "../../plan/topology";
import { hostProblems } from "../../settings/hostNames";
import type { Store } from "../../settings/settings";
import { appNodeSetup } from "./setup";

/** Of the settings, the nodes take their number, size and services. */
export interface AppNodesArgs extends PrivateTierArgs {
  /** Image of each service of `settings.app.services`, by digest: `example/shop@sha256:...`. */
  readonly images: Readonly<Record<string, pulumi.Input<string>>>;
  /** Traefik 3 by digest: `traefik@sha256:...`. */
  readonly traefikImage: pulumi.Input<string>;
  /**
   * Environment by which a service finds a store, for the services that name the store under `uses`:
   * `{ database: { DATABASE_URL: database.databaseUrl } }`. Secret.
   */
  readonly stores: Readonly<Partial<Record<Store, Readonly<Record<string, pulumi.Input<string>>>>>>;
  /** Values of the secrets that services ask for by name. Secret. @default - none */
  readonly secrets?: pulumi.Input<Readonly<Record<string, string>>>;
}

/**
 * The identical private machines that run the application: Docker, Traefik on the private address, and the
 * replicas of every service behind it. A replica that stops fails its readiness first and leaves Traefik's
 * pool; a node whose front service has no replica left leaves the load balancers' pool.
 *
 * Replicas of a service change one after the other on each node. Two nodes may change at the same time, so a
 * service that must never pause needs two replicas on a node.
 *
 * Cost: one server type for each node; no public addresses.
 *
 * @throws when a service has no image, uses a store that is not there, asks for a secret while there are none or has
 * a host that is none, or no service takes requests; before any resource
 */
export class AppNodes extends pulumi.ComponentResource {
  public readonly serverIds: pulumi.Output<number[]>;
  /** Private addresses, in the order of the nodes. */
  public readonly privateIps: string[];
  /** Host names; resolves when all setups have succeeded. */
  public readonly configured: pulumi.Output<string[]>;

  constructor(name: string, args: AppNodesArgs, opts?: pulumi.ComponentResourceOptions) {
    super("hetzner-platform:index:AppNodes", name, {}, opts);
    const wrong = wrongInputs(args);
    if (wrong.length > 0) throw new pulumi.ResourceError(wrong.join("; "), this);
    const { topology, serverType, context, bastion } = args;
    const placementGroups = createPlacementGroups(name, args, this);
    const machines = topology.appNodes.map(
      (plan, index) =>
        new Machine(
          `${name}-${plan.name}`,
          {
            plan,
            serverType,
            context,
            bastion,
            setup: nodeSetup(args, plan),
            placementGroupId: placementGroups[Math.floor(index / groupSize)],
          },
          { parent: this },
        ),
    );

    this.serverIds = pulumi.all(machines.map((machine) => machine.serverId));
    this.privateIps = topology.appNodes.map((plan) => plan.privateIp);
    this.configured = pulumi.all(machines.map((machine) => machine.configured));
    this.registerOutputs({
      serverIds: this.serverIds,
      privateIps: this.privateIps,
      configured: this.configured,
    });
  }
}

function wrongInputs(args: AppNodesArgs): string[] {
  const services = Object.entries(args.settings.app.services);
  const isServed = services.some(
    ([, { port, pathPrefix }]) => port !== undefined && pathPrefix !== undefined,
  );
  const served = isServed ? [] : ["settings.app.services: no service has a port and a path prefix"];
  return [...missingInputs(args), ...served, ...hostProblems(args.settings)];
}

function missingInputs({ settings, images, stores, secrets }: AppNodesArgs): string[] {
  const services = Object.entries(settings.app.services);
  const withoutSecrets =
    secrets === undefined ? services.filter(([, service]) => Object.keys(service.secrets).length > 0) : [];
  const withoutImage = services.map(([name]) => name).filter((name) => !(name in images));
  const withoutStore = services.flatMap(([name, { uses }]) =>
    uses.filter((store) => !(store in stores)).map((store) => `stores: no ${store} for service ${name}`),
  );
  const withoutSecret = withoutSecrets.map(
    ([name]) => `secrets: none are given, and service ${name} asks for one`,
  );
  if (withoutImage.length === 0) return [...withoutStore, ...withoutSecret];
  return [`images: no image for service ${withoutImage.join(", ")}`, ...withoutStore, ...withoutSecret];
}

/** Most servers of one spread group: https://docs.hetzner.com/cloud/placement-groups/overview */
const groupSize = 10;

/** Nodes of a group run on different physical hosts, so one host takes one node of ten at the most. */
function createPlacementGroups(name: string, args: AppNodesArgs, parent: AppNodes): pulumi.Output<number>[] {
  const count = Math.ceil(args.topology.appNodes.length / groupSize);
  return Array.from({ length: count }, (_, index) => {
    const suffix = index === 0 ? "" : `-${index + 1}`;
    const group = new hcloud.PlacementGroup(
      `${name}-spread${suffix}`,
      { name: `${args.settings.environment}-app${suffix}`, type: "spread", labels: args.context.labels },
      { parent, deleteBeforeReplace: true },
    );
    return numericId(group);
  });
}

function nodeSetup(args: AppNodesArgs, plan: MachinePlan) {
  const { settings, topology } = args;
  return pulumi
    .all([
      pulumi.output(args.images),
      args.traefikImage,
      pulumi.secret(args.stores),
      pulumi.secret(args.secrets ?? {}),
    ])
    .apply(([images, traefikImage, stores, secrets]) =>
      containerHost(
        plan,
        args,
        appNodeSetup(plan, {
          domain: settings.domain,
          services: settings.app.services,
          images,
          traefikImage,
          stores,
          secrets,
          loadBalancers: topology.loadBalancers.map((machine) => machine.privateIp),
        }),
      ),
    );
}
