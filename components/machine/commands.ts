import { remote } from "@pulumi/command";
import type * as hcloud from "@pulumi/hcloud";
import * as pulumi from "@pulumi/pulumi";
import { renderSetup, setupCommand } from "../setup/render";
import type { Bastion } from "./context";
import { patientDials, promptDials, secondsPerDial } from "./dialing";
import type { CompleteMachine } from "./server";

/**
 * First contact: waits for SSH and cloud-init and learns the host key. It sends nothing secret, so an
 * impostor gains nothing from it; everything after is pinned to the key.
 */
export function readHostKey(
  name: string,
  machine: CompleteMachine,
  server: hcloud.Server,
  opts: pulumi.CustomResourceOptions,
): remote.Command {
  return new remote.Command(
    `${name}-ready`,
    {
      connection: connection(machine, server, patientDials),
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
export function awaitBoot(
  name: string,
  machine: CompleteMachine,
  server: hcloud.Server,
  hostKey: pulumi.Output<string>,
  opts: pulumi.CustomResourceOptions,
): remote.Command {
  return new remote.Command(
    `${name}-booted`,
    {
      connection: { ...connection(machine, server, patientDials), hostKey },
      // The size is an argument of nothing: a changed text is what makes the provider run it again.
      create: pulumi.interpolate`: ${server.serverType}`,
      triggers: [server.id],
      logging: remote.Logging.None,
      addPreviousOutputInEnv: false,
    },
    { ...opts, customTimeouts: { create: "15m", update: "15m" } },
  );
}

/** Makes of the machine what its setup says. */
export function runSetup(
  name: string,
  machine: CompleteMachine,
  server: hcloud.Server,
  hostKey: pulumi.Output<string>,
  opts: pulumi.CustomResourceOptions,
): remote.Command {
  const script = pulumi.output(machine.setup).apply((setup) => renderSetup(machine.hostname, setup));
  return new remote.Command(
    `${name}-setup`,
    {
      // A dead machine fails within two minutes, so that it does not hold up the others.
      connection: { ...connection(machine, server, promptDials), hostKey },
      create: setupCommand,
      stdin: pulumi.secret(script),
      triggers: [server.id],
      logging: remote.Logging.Stdout,
      addPreviousOutputInEnv: false,
    },
    { ...opts, customTimeouts: { create: "35m", update: "35m" } },
  );
}

/** A machine that is set up, as SSH reaches it. */
export interface ReachedMachine {
  readonly address: pulumi.Input<string>;
  readonly hostKey: pulumi.Input<string>;
  readonly privateKey: pulumi.Input<string>;
  readonly bastion: Bastion;
  /** Another one is another machine. */
  readonly serverId: pulumi.Input<number>;
}

/**
 * Runs a command on a machine that is set up already, once for each text of the command. For what must not happen
 * before something elsewhere has; whatever makes the machine belongs into its setup.
 */
export function runAfterwards(
  name: string,
  { address, hostKey, privateKey, bastion, serverId }: ReachedMachine,
  command: pulumi.Input<string>,
  opts: pulumi.CustomResourceOptions,
): remote.Command {
  const access = { user: "root", privateKey, perDialTimeout: secondsPerDial, dialErrorLimit: promptDials };
  return new remote.Command(
    name,
    {
      connection: { ...access, host: address, hostKey, proxy: { ...access, ...bastion } },
      create: command,
      triggers: [serverId],
      logging: remote.Logging.Stdout,
      addPreviousOutputInEnv: false,
    },
    { ...opts, customTimeouts: { create: "10m", update: "10m" } },
  );
}

function connection(
  { bastion, privateKey, address, isPublic }: CompleteMachine,
  server: hcloud.Server,
  dialErrorLimit: number,
) {
  const access = { user: "root", privateKey, perDialTimeout: secondsPerDial, dialErrorLimit };
  if (isPublic || bastion === undefined) return { ...access, host: server.ipv4Address };
  return { ...access, host: address, proxy: { ...access, ...bastion } };
}
