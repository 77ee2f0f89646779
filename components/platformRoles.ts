import type * as pulumi from "@pulumi/pulumi";
import { imageOfRole } from "./machine/bakedImage";
import type { CreatedRole, Offers, PlatformGround } from "./machine/surroundings";
import { bastionOffer } from "./plan/flows";
import { type Plan, roleOf } from "./plan/plan";
import { offersOf } from "./plan/role";
import type { PlatformSettings } from "./presets/settings";
import { roleDefinitions } from "./roles";
import { containerDefinitions } from "./roles/container/definition";

/** What the roles of a platform have become, by their names. */
export type CreatedRoles = Readonly<Record<string, CreatedRole>>;

/**
 * Makes the machines of all roles of the plan, each with what those before it offer.
 *
 * @param name of the platform at Pulumi
 */
export function createRoles(
  name: string,
  settings: PlatformSettings,
  plan: Plan,
  ground: PlatformGround,
  parent: pulumi.Resource,
): CreatedRoles {
  const definitions = [...roleDefinitions, ...containerDefinitions(settings)];
  const created: Record<string, CreatedRole> = {};
  let offers: Offers = {};
  for (const role of creationOrder(plan)) {
    const definition = definitions.find((one) => one.name === role);
    if (definition === undefined) throw new Error(`nothing builds the machines of ${role}`);
    const place = { name: `${name}-${role}`, parent };
    const common = { ...ground.common, image: imageOfRole(settings, role) };
    const made = definition.createIn(settings, { ...ground, common, offers }, place);
    created[role] = made;
    offers = { ...offers, ...made.offers };
  }
  return created;
}

/**
 * Names of the plan's roles, each after those whose offers it needs. The bastion is first, because machines without
 * public addresses are set up through it; what its own role needs, it finds in the plan.
 */
export function creationOrder(plan: Plan): readonly string[] {
  const isBastion = (name: string) => offersOf(roleOf(plan, name)).includes(bastionOffer);
  return [...plan.order.filter(isBastion), ...plan.order.filter((name) => !isBastion(name))];
}

/** The component of a class among those of the roles. @throws when there is none */
export function componentOf<Component extends pulumi.ComponentResource>(
  created: CreatedRoles,
  kind: abstract new (...args: never[]) => Component,
): Component {
  const found = Object.values(created).find(({ component }) => component instanceof kind)?.component;
  if (found instanceof kind) return found;
  throw new Error(`no role of the plan is made as ${kind.name}`);
}
