import * as pulumi from "@pulumi/pulumi";
import { containerHost } from "../../machine/base";
import { createMachines, groupOutputs } from "../../machine/machineGroup";
import type { PrivateRoleArgs } from "../../machine/roleArgs";
import { type MachinePlan, machinesOf } from "../../plan/plan";
import { hostProblems } from "../../settings/hostNames";
import type { PlatformWide } from "../../settings/platformWide";
import type { Store } from "../../settings/store";
import { leavingApp } from "./leaving";
import type { AppSettings } from "./settings";
import { appNodeSetup } from "./setup";

/** Of the settings, the nodes take their number, size and services. */
export interface AppNodesArgs extends PrivateRoleArgs<PlatformWide & { readonly app: AppSettings }> {
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
    const { serverType, context, bastion } = args;
    const nodes = machinesOf(args.plan, "app");
    const machines = createMachines(
      name,
      {
        machines: nodes,
        serverType,
        context,
        bastion,
        setup: (node) => nodeSetup(args, node),
        spread: `${args.settings.environment}-app`,
      },
      this,
    );

    const { serverIds, privateIps, configured } = groupOutputs(nodes, machines);
    this.serverIds = serverIds;
    this.privateIps = privateIps;
    this.configured = configured;
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

function nodeSetup(args: AppNodesArgs, node: MachinePlan) {
  const { settings, plan, registries } = args;
  const { registryMirror } = settings.images;
  const base = {
    ...settings,
    registryMirror,
    registries,
    leaving: leavingApp(node, machinesOf(plan, "app")),
  };
  return pulumi
    .all([
      pulumi.output(args.images),
      args.traefikImage,
      pulumi.secret(args.stores),
      pulumi.secret(args.secrets ?? {}),
    ])
    .apply(([images, traefikImage, stores, secrets]) =>
      containerHost(
        node,
        plan,
        base,
        appNodeSetup(node, {
          domain: settings.domain,
          services: settings.app.services,
          images,
          traefikImage,
          stores,
          secrets,
          loadBalancers: machinesOf(plan, "edge").map(({ privateIp }) => privateIp),
        }),
      ),
    );
}
