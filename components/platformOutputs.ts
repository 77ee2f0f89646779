import * as pulumi from "@pulumi/pulumi";
import type { CreatedRole } from "./machine/surroundings";
import { type MachinePlan, machinesOf, type Plan } from "./plan/plan";
import { resolveServerType } from "./sizing/resolve";
import type { PlatformSettings } from "./stack/settings";

/** A machine as people ask for it. */
export interface MachineSummary {
  readonly name: string;
  readonly role: string;
  readonly privateIp: string;
  readonly serverType: string;
}

export function summarize({ location }: Pick<PlatformSettings, "location">, plan: Plan): MachineSummary[] {
  return plan.machines.map(({ hostname, role, privateIp, size }) => ({
    name: hostname,
    role,
    privateIp,
    serverType: resolveServerType(size, location).name,
  }));
}

/** Ids of all servers by host name. */
export function serverIdsByName(
  plan: Plan,
  roles: Readonly<Record<string, Pick<CreatedRole, "serverIds">>>,
): pulumi.Output<Readonly<Record<string, number>>> {
  const named = plan.roles.flatMap(
    ({ name }) => roles[name]?.serverIds.apply((ids) => namedIds(machinesOf(plan, name), ids)) ?? [],
  );
  return pulumi.all(named).apply((ofRoles) => Object.fromEntries(ofRoles.flat()));
}

function namedIds(machines: readonly MachinePlan[], ids: readonly number[]): [string, number][] {
  return ids.map((id, index) => [machines[index]?.hostname ?? "", id]);
}

/** Every image that some machine runs, by tag. */
export function imagesOf({ roles }: Plan): string[] {
  const images = roles.flatMap(({ parts }) => parts).flatMap(({ image }) => image ?? []);
  return [...new Set(images)];
}
