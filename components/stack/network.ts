import { z } from "zod";
import { roleDefinitions } from "../roles";
import type { RoleName } from "../roles/sections";
import { text } from "../settings/leaves";
import { ipv4Range, ipv4Text } from "../settings/ranges";
import { roleNames } from "./roles";

const cidr = text((value) => ipv4Range(value) !== undefined, {
  allowed: "an IPv4 network address in CIDR form: 10.0.0.0/16",
  remedy: "clear the bits behind the prefix, or correct the address",
});

const subnet = (role: RoleName) =>
  cidr
    .meta({ description: `Subnet of the role ${role}, inside the range`, fallback: "a /24 of the range" })
    .optional();

const subnets = z.strictObject(
  Object.fromEntries(roleNames.map((role) => [role, subnet(role)])) as Record<
    RoleName,
    ReturnType<typeof subnet>
  >,
);

/** The private network: what is not given follows from the range. */
export const networkSchema = z
  .strictObject({
    range: cidr.describe("Private range of all machines").default("10.0.0.0/16"),
    subnets: subnets.prefault({}).meta({ description: "One subnet for each role" }),
  })
  .transform(({ range, subnets: given }) => ({ range, subnets: completeSubnets(range, given) }))
  .prefault({})
  .meta({ description: "The private network" });

/** Of roles that may be absent, what is given: another one's subnet must not depend on whether they are there. */
function completeSubnets(
  range: string,
  given: Readonly<Partial<Record<RoleName, string | undefined>>>,
): Readonly<Record<string, string>> {
  const constant = roleDefinitions.filter(({ isOptional }) => !isOptional).map(({ name }) => name as string);
  const subnets = roleNames.map(
    (role) => [role, given[role] ?? defaultSubnet(range, constant.indexOf(role) + 1)] as const,
  );
  return Object.fromEntries(subnets.filter(([role]) => constant.includes(role) || given[role] !== undefined));
}

/** A role's part of the range: a /24, or an eighth of a range that is too small for that. */
function defaultSubnet(range: string, number: number): string {
  const whole = ipv4Range(range);
  if (whole === undefined) return range;
  const prefix = Math.min(30, Math.max(24, whole.prefix + 3));
  return `${ipv4Text(whole.first + number * 2 ** (32 - prefix))}/${prefix}`;
}
