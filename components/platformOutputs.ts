import * as pulumi from "@pulumi/pulumi";
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

/** Ids of one machine, or of all in the order of the plan. */
type ServerIds =
  | { readonly serverId: pulumi.Output<number> }
  | { readonly serverIds: pulumi.Output<number[]> };

/** Ids of all servers by host name. */
export function serverIdsByName(
  plan: Plan,
  components: Readonly<Record<string, ServerIds>>,
): pulumi.Output<Readonly<Record<string, number>>> {
  const named = Object.entries(components).map(([role, component]) =>
    pulumi
      .output<number | number[]>("serverId" in component ? component.serverId : component.serverIds)
      .apply((ids) => namedIds(machinesOf(plan, role), [ids].flat())),
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
