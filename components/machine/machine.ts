import * as pulumi from "@pulumi/pulumi";
import { awaitBoot, readHostKey, runSetup } from "./commands";
import { withHooks } from "./enginesHooks";
import { explainChanges } from "./explainChanges";
import { refuseInputs } from "./inputErrors";
import { type MachineArgs, machineProblems } from "./ownMachines";
import { attachVolume, completeMachine, createServer, numericId } from "./server";

export type { MachineArgs } from "./ownMachines";

/** What is asked before a server is made or changed, and around the changes of a set-up. @default - nothing */
export interface MachineHooks {
  readonly serverHooks?: pulumi.ResourceHookBinding | undefined;
  readonly setupHooks?: pulumi.ResourceHookBinding | undefined;
}

/**
 * One server and what runs on it: `hcloud.Server`, then one script over one SSH connection. Changing the
 * setup runs the script again on the same server; nothing but a changed location or name replaces it.
 *
 * Of the setup nothing is added: `machineBase` is what the machines of a platform have besides, host firewall and
 * updates among it.
 *
 * Cost: the server type, 0.50 EUR a month for the IPv4 address of a public machine.
 *
 * @throws InputPropertiesError with everything that no machine could have, before any resource
 *
 * @example
 * ```ts
 * import * as pulumi from "@pulumi/pulumi";
 * import { Machine } from "hetzner-platform";
 *
 * const relay = new Machine("shop-relay", {
 *   location: "nbg1",
 *   network: { id: 4711, range: "10.20.0.0/16" },
 *   address: "10.20.5.11",
 *   serverType: "cx23",
 *   sshKey: "deploy",
 *   privateKey: new pulumi.Config().requireSecret("deployKey"),
 *   bastion: { host: "203.0.113.10", hostKey: "ssh-ed25519 AAAA" },
 *   setup: {
 *     packages: ["postfix"],
 *     files: [{ path: "/etc/mailname", content: "shop.example.com\n" }],
 *     units: [{ name: "postfix.service", reads: ["/etc/mailname"] }],
 *   },
 * });
 *
 * export const relayConfigured = relay.configured;
 * ```
 */
export class Machine extends pulumi.ComponentResource {
  public readonly serverId: pulumi.Output<number>;
  /** Empty for a private machine. */
  public readonly publicIpv4: pulumi.Output<string>;
  /** Public host key in authorized_keys form, read on first contact and pinned from then on. */
  public readonly hostKey: pulumi.Output<string>;
  /** Host name; resolves when the setup has succeeded. */
  public readonly configured: pulumi.Output<string>;

  /** @param hooks of what it is part of; it stands alone without */
  constructor(
    name: string,
    args: MachineArgs,
    opts?: pulumi.ComponentResourceOptions,
    hooks: MachineHooks = {},
  ) {
    super("hetzner-platform:index:Machine", name, {}, opts);
    refuseInputs(`Machine ${name}`, machineProblems(name, args));
    const machine = completeMachine(name, args);
    const server = createServer(name, machine, hooks.serverHooks ?? {}, this);
    // Only what leaves nothing in the cloud. A relation that is forgotten with its server, and not undone, is in the
    // way of the next `up` when the engine was killed before the server went.
    const onServer = { parent: this, deletedWith: server };
    const serverId = numericId(server);
    const attachment = attachVolume(name, machine, serverId, { parent: this });
    const ready = readHostKey(name, machine, server, onServer);
    const learnedKey = ready.stdout.apply((key) => key.trim());
    const booted = awaitBoot(name, machine, server, learnedKey, onServer);
    // Whoever needs the key to connect, here or through this machine, waits for the boot with it.
    const hostKey = pulumi.all([learnedKey, booted.id]).apply(([key]) => key);
    const setup = runSetup(name, machine, server, hostKey, {
      ...onServer,
      dependsOn: attachment,
      hooks: withHooks(explainChanges(name), hooks.setupHooks),
    });

    this.serverId = serverId;
    this.publicIpv4 = machine.isPublic ? server.ipv4Address : pulumi.output("");
    this.hostKey = hostKey;
    this.configured = setup.id.apply(() => machine.hostname);
    this.registerOutputs({
      serverId: this.serverId,
      publicIpv4: this.publicIpv4,
      hostKey: this.hostKey,
      configured: this.configured,
    });
  }
}
