import * as pulumi from "@pulumi/pulumi";
import { type Flow, flowsTo, sshPort } from "../plan/flows";
import {
  type MachinePlan,
  machinesOf,
  machinesOffering,
  type Plan,
  roleOf,
  sourceAddresses,
} from "../plan/plan";
import { runsContainers } from "../plan/role";
import { baseSetup } from "../setup/base";
import { dockerSetup, type RegistryCredential } from "../setup/docker";
import type { HostFirewall, InboundRule } from "../setup/hostFirewall";
import { logsOffer } from "../setup/journal";
import { mergeSetups } from "../setup/merge";
import type { CompleteSetup, MachineSetup } from "../setup/types";
import type { Leaving } from "../setup/upgradeScript";

export interface MachineBaseOptions {
  /** Ranges of the administrators. */
  readonly adminRanges: readonly string[];
  /** Private address of the machine that takes the journals; false: none does. @default - whose role offers `logs` */
  readonly logArchive?: string | false;
  /** How the machine leaves its work for an upgrade. @default - it pauses */
  readonly leaving?: Leaving;
}

/** What every machine of a plan has, whatever its role. */
export function machineBase(
  machine: MachinePlan,
  plan: Plan,
  { adminRanges, logArchive, leaving = pausing }: MachineBaseOptions,
): CompleteSetup {
  const [archive] = machinesOffering(plan, logsOffer);
  const firewall = hostFirewallOf(machine, plan, adminRanges);
  return baseSetup({
    hostname: machine.hostname,
    isPublic: machine.isPublic,
    machines: plan.machines,
    firewall,
    sshSources: sshSources(firewall),
    updates: { place: updatePlace(machine, plan), leaving },
    logArchive: logArchive === false ? undefined : (logArchive ?? archive?.privateIp),
  });
}

const pausing: Leaving = {
  advice: "what runs here may pause for seconds: platform-upgrade --yes when few are looking",
  admit: ":",
  drain: ":",
  undrain: ":",
};

/** What a machine lets in: the flows that end at its role. */
export function hostFirewallOf(
  { role }: MachinePlan,
  plan: Plan,
  adminRanges: readonly string[],
): HostFirewall {
  return {
    rules: flowsTo(plan.flows, role).map((flow) => inboundRule(flow, plan, adminRanges)),
    hasContainers: runsContainers(roleOf(plan, role)),
  };
}

/** Who may knock at SSH. */
function sshSources({ rules }: HostFirewall): readonly string[] {
  return rules.flatMap(({ protocol, port, sources }) =>
    protocol === "tcp" && port === sshPort && sources !== "everybody" ? sources : [],
  );
}

function inboundRule(flow: Flow, plan: Plan, adminRanges: readonly string[]): InboundRule {
  const { protocol, port, purpose, from } = flow;
  const sources = from === "admin" ? adminRanges : sourceAddresses(plan, flow);
  return { protocol, port, purpose, sources: from === "internet" ? "everybody" : sources };
}

/**
 * The machine's number among all, from 0. Roles that grow are counted last: a machine more leaves the places of all
 * others alone.
 */
export function updatePlace({ name }: MachinePlan, plan: Plan): number {
  const roles = plan.roles.toSorted((a, b) => Number(a.grows ?? false) - Number(b.grows ?? false));
  const machines = roles.flatMap((role) => machinesOf(plan, role.name));
  return machines.findIndex((machine) => machine.name === name);
}

export interface ContainerHostOptions extends MachineBaseOptions {
  /** Mirror of Docker Hub: `https://mirror.example.com:5000`. @default - none */
  readonly registryMirror?: string | undefined;
  /** Logins with which images are pulled. Secret. @default - none */
  readonly registries?: pulumi.Input<readonly RegistryCredential[]> | undefined;
}

/** A machine that runs containers, and what its role adds. Secret when it has logins of registries. */
export function containerHost(
  machine: MachinePlan,
  plan: Plan,
  { registryMirror, registries = [], ...options }: ContainerHostOptions,
  role: MachineSetup,
): pulumi.Output<CompleteSetup> {
  return pulumi
    .secret(registries)
    .apply((logins) =>
      mergeSetups(machineBase(machine, plan, options), dockerSetup({ registryMirror, logins }), role),
    );
}
