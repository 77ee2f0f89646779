import type { Role } from "./role";

/** A role whose machines do more than one kind of work. */
export interface MixedRole {
  readonly role: string;
  /** Names of the parts by kind of work. */
  readonly layers: ReadonlyMap<string, readonly string[]>;
}

/** The roles that a platform with machines of one kind of work each cannot have. */
export function mixedRoles(roles: readonly Role[]): readonly MixedRole[] {
  return roles.flatMap((role) => {
    const layers = layersOf(role);
    return layers.size < 2 ? [] : [{ role: role.name, layers }];
  });
}

function layersOf({ name, parts }: Role): ReadonlyMap<string, readonly string[]> {
  const layers = new Map<string, readonly string[]>();
  for (const { name: part, layer = name } of parts) layers.set(layer, [...(layers.get(layer) ?? []), part]);
  return layers;
}
