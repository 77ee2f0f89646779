import * as pulumi from "@pulumi/pulumi";
import type { ResolveImage } from "./machine/images";
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

/**
 * Where visitors find the platform once every machine is set up.
 *
 * @param certificate what speaks for the domain: one that was brought along, or one that is asked for by ACME, which
 * comes when DNS leads here. @default - none, and HTTP alone
 */
export function whereReached(
  virtualIp: pulumi.Output<string>,
  roles: Readonly<Record<string, Pick<CreatedRole, "configured">>>,
  domain: string,
  certificate: "own" | "acme" | undefined,
): { readonly endpoint: pulumi.Output<string>; readonly url: pulumi.Output<string> } {
  // By address HTTPS is for those who look away from the name. Without a certificate yet, HTTP is what answers.
  const scheme = certificate === "own" ? "https" : "http";
  const everything = Object.values(roles).map(({ configured }) => configured);
  const endpoint = pulumi.all([virtualIp, everything]).apply(([address]) => `${scheme}://${address}`);
  return { endpoint, url: certificate === undefined ? endpoint : endpoint.apply(() => `https://${domain}`) };
}

/** Digests that run, by the references of the settings. */
export function imagesByReference(
  plan: Plan,
  resolve: ResolveImage,
): pulumi.Output<Readonly<Record<string, string>>> {
  return pulumi.output(
    Object.fromEntries(imagesOf(plan).map((reference) => [reference, resolve(reference)])),
  );
}

/** Every image that some machine runs, by tag. */
export function imagesOf({ roles }: Plan): string[] {
  const images = roles.flatMap(({ parts }) => parts).flatMap(({ image }) => image ?? []);
  return [...new Set(images)];
}
