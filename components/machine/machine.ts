import { remote } from "@pulumi/command";
import * as hcloud from "@pulumi/hcloud";
import * as pulumi from "@pulumi/pulumi";
import type { MachinePlan } from "../plan/plan";
import { privateUserData } from "../setup/defaultRoute";
import { renderSetup, setupCommand } from "../setup/render";
import type { MachineSetup } from "../setup/types";
import { patientDials, promptDials, secondsPerDial } from "./dialing";

/** What all machines of a platform share. */
export interface MachineContext {
  readonly location: pulumi.Input<string>;
  readonly image: pulumi.Input<string>;
  /** Resolves when network, subnets and routes exist. */
  readonly networkId: pulumi.Input<number>;
  /** Name or id of the uploaded deploy key. */
  readonly sshKey: pulumi.Input<string>;
  /** Private half of the deploy key. Secret. */
  readonly privateKey: pulumi.Input<string>;
  /** Added to every server. */
  readonly labels: pulumi.Input<Readonly<Record<string, pulumi.Input<string>>>>;
  /** What is asked before a server is made or changed: `refuseSoldOut`. @default - nothing */
  readonly serverHooks?: pulumi.ResourceHookBinding;
}

/** The public machine through which SSH reaches the private ones. */
export interface Bastion {
  /** Public address. */
  readonly host: pulumi.Input<string>;
  /** Public host key in authorized_keys form. */
  readonly hostKey: pulumi.Input<string>;
}

export interface MachineArgs {
  readonly plan: MachinePlan;
  /** Hetzner server type: `cx33`. */
  readonly serverType: pulumi.Input<string>;
  readonly context: MachineContext;
  /** What the machine becomes; secret when it holds secrets. */
  readonly setup: pulumi.Input<MachineSetup>;
  /**
   * Needed by machines without a public address.
   *
   * @default - SSH goes to the machine's own public address
   */
  readonly bastion?: Bastion;
  /** Cloud firewalls; they filter the public side only. @default - none */
  readonly firewallIds?: pulumi.Input<number>[];
  /** @default - none */
  readonly placementGroupId?: pulumi.Input<number>;
  /** Cloud-init user data for the first boot. Any container can read it: no secrets. @default - the gateway as default route */
  readonly userData?: string;
  /** A volume that is attached before the setup runs. @default - none */
  readonly volumeId?: pulumi.Input<number>;
  /** Refuses deletion through Pulumi and through the API. @default false */
  readonly protect?: boolean;
}

/**
 * One server and what runs on it: `hcloud.Server`, then one script over one SSH connection. Changing the
 * setup runs the script again on the same server; nothing but a changed location or name replaces it.
 *
 * Cost: the server type, 0.50 EUR a month for the IPv4 address of a public machine.
 */
export class Machine extends pulumi.ComponentResource {
  public readonly serverId: pulumi.Output<number>;
  /** Empty for a private machine. */
  public readonly publicIpv4: pulumi.Output<string>;
  /** Public host key in authorized_keys form, read on first contact and pinned from then on. */
  public readonly hostKey: pulumi.Output<string>;
  /** Host name; resolves when the setup has succeeded. */
  public readonly configured: pulumi.Output<string>;

  constructor(name: string, args: MachineArgs, opts?: pulumi.ComponentResourceOptions) {
    super("hetzner-platform:index:Machine", name, {}, opts);
    if (!args.plan.isPublic && args.bastion === undefined) {
      throw new pulumi.ResourceError(`${args.plan.hostname} has no public address: it needs a bastion`, this);
    }
    const server = createServer(name, args, this);
    // Only what leaves nothing in the cloud. A relation that is forgotten with its server, and not undone, is in the
    // way of the next `up` when the engine was killed before the server went.
    const onServer = { parent: this, deletedWith: server };
    const serverId = numericId(server);
    const attachment = attachVolume(name, args, serverId, { parent: this });
    const ready = readHostKey(name, args, server, onServer);
    const learnedKey = ready.stdout.apply((key) => key.trim());
    const booted = awaitBoot(name, args, server, learnedKey, onServer);
    // Whoever needs the key to connect, here or through this machine, waits for the boot with it.
    const hostKey = pulumi.all([learnedKey, booted.id]).apply(([key]) => key);
    const setup = runSetup(name, args, server, hostKey, { ...onServer, dependsOn: attachment });

    this.serverId = serverId;
    this.publicIpv4 = args.plan.isPublic ? server.ipv4Address : pulumi.output("");
    this.hostKey = hostKey;
    this.configured = setup.id.apply(() => args.plan.hostname);
    this.registerOutputs({
      serverId: this.serverId,
      publicIpv4: this.publicIpv4,
      hostKey: this.hostKey,
      configured: this.configured,
    });
  }
}

/** Hetzner's ids are numbers, Pulumi's are strings. */
export function numericId(resource: pulumi.CustomResource): pulumi.Output<number> {
  return resource.id.apply(Number);
}

function createServer(name: string, args: MachineArgs, parent: Machine): hcloud.Server {
  const { plan, context } = args;
  return new hcloud.Server(
    `${name}-server`,
    {
      name: plan.hostname,
      serverType: args.serverType,
      image: context.image,
      location: context.location,
      sshKeys: [context.sshKey],
      userData: args.userData ?? privateUserData,
      publicNets: [{ ipv4Enabled: plan.isPublic, ipv6Enabled: plan.isPublic }],
      networks: [{ networkId: context.networkId, ip: plan.privateIp }],
      firewallIds: args.firewallIds,
      placementGroupId: args.placementGroupId,
      labels: pulumi.output(context.labels).apply((labels) => ({ ...labels, role: plan.role })),
      deleteProtection: args.protect ?? false,
      rebuildProtection: args.protect ?? false,
      // Resizing keeps the disk, so that going back stays possible.
      keepDisk: true,
    },
    {
      parent,
      protect: args.protect ?? false,
      // They matter at the first boot only; a changed image or key must never replace a machine silently.
      ignoreChanges: ["userData", "sshKeys", "image"],
      // Server names are unique in a project.
      deleteBeforeReplace: true,
      hooks: context.serverHooks ?? {},
    },
  );
}

function attachVolume(
  name: string,
  args: MachineArgs,
  serverId: pulumi.Output<number>,
  opts: pulumi.CustomResourceOptions,
): hcloud.VolumeAttachment[] {
  if (args.volumeId === undefined) return [];
  const attachment = { serverId, volumeId: args.volumeId, automount: false };
  return [new hcloud.VolumeAttachment(`${name}-volume`, attachment, opts)];
}

/**
 * First contact: waits for SSH and cloud-init and learns the host key. It sends nothing secret, so an
 * impostor gains nothing from it; everything after is pinned to the key.
 */
function readHostKey(
  name: string,
  args: MachineArgs,
  server: hcloud.Server,
  opts: pulumi.CustomResourceOptions,
): remote.Command {
  return new remote.Command(
    `${name}-ready`,
    {
      connection: connection(args, server, patientDials),
      create: "timeout 600 cloud-init status --wait >/dev/null 2>&1; cat /etc/ssh/ssh_host_ed25519_key.pub",
      triggers: [server.id],
      logging: remote.Logging.None,
      addPreviousOutputInEnv: false,
    },
    { ...opts, customTimeouts: { create: "15m" } },
  );
}

/**
 * Waits for a machine that boots, at its creation and when its size changes, which powers it off and on. With the host
 * key pinned, so that a resize is no second chance for an impostor.
 */
function awaitBoot(
  name: string,
  args: MachineArgs,
  server: hcloud.Server,
  hostKey: pulumi.Output<string>,
  opts: pulumi.CustomResourceOptions,
): remote.Command {
  return new remote.Command(
    `${name}-booted`,
    {
      connection: { ...connection(args, server, patientDials), hostKey },
      // The size is an argument of nothing: a changed text is what makes the provider run it again.
      create: pulumi.interpolate`: ${server.serverType}`,
      triggers: [server.id],
      logging: remote.Logging.None,
      addPreviousOutputInEnv: false,
    },
    { ...opts, customTimeouts: { create: "15m", update: "15m" } },
  );
}

function runSetup(
  name: string,
  args: MachineArgs,
  server: hcloud.Server,
  hostKey: pulumi.Output<string>,
  opts: pulumi.CustomResourceOptions,
): remote.Command {
  const script = pulumi.output(args.setup).apply((setup) => renderSetup(args.plan.hostname, setup));
  return new remote.Command(
    `${name}-setup`,
    {
      // A dead machine fails within two minutes, so that it does not hold up the others.
      connection: { ...connection(args, server, promptDials), hostKey },
      create: setupCommand,
      stdin: pulumi.secret(script),
      triggers: [server.id],
      logging: remote.Logging.Stdout,
      addPreviousOutputInEnv: false,
    },
    { ...opts, customTimeouts: { create: "35m", update: "35m" } },
  );
}

function connection(args: MachineArgs, server: hcloud.Server, dialErrorLimit: number) {
  const { bastion, context, plan } = args;
  const access = {
    user: "root",
    privateKey: context.privateKey,
    perDialTimeout: secondsPerDial,
    dialErrorLimit,
  };
  if (plan.isPublic || bastion === undefined) return { ...access, host: server.ipv4Address };
  return { ...access, host: plan.privateIp, proxy: { ...access, ...bastion } };
}
