import { roleDefinitions } from "../roles";
import type { Definition, FieldsOf } from "../roles/sections";
import type { SettledRule, SettledRules } from "../settings/settled";
import type { PlatformSettings } from "./settings";

/** The roles that a stack's file may have sections for, in the order of their subnets. */
export const roleNames = roleDefinitions.map(({ name }) => name);

/** A section for each role. */
export const roleSections = Object.fromEntries(roleDefinitions.map(({ name, schema }) => [name, schema])) as {
  readonly [One in Definition as One["name"]]: One["schema"];
};

/** Images of the roles' own software. */
export const roleImages = fieldsOf("images");

/** Keys with secrets of the roles. */
export const roleSecrets = fieldsOf("secrets");

/** Rules between values of one role, and what they look at beside it. */
export const roleRules = roleDefinitions.flatMap<Definition["rules"][number]>(({ rules }) => rules);

/** What the data of roles depends on. */
export const roleSettled: SettledRules<PlatformSettings> = Object.fromEntries(
  roleDefinitions.flatMap<[string, SettledRule<PlatformSettings>]>(({ settled }) => Object.entries(settled)),
);

function fieldsOf<Kind extends "images" | "secrets">(kind: Kind) {
  const fields = roleDefinitions.flatMap((definition) => Object.entries(definition[kind]));
  return Object.fromEntries(fields) as {
    readonly [Key in FieldsOf<Definition, Kind>]: FieldAt<Definition, Kind, Key>;
  };
}

type FieldAt<One extends Definition, Kind extends "images" | "secrets", Key> = One extends {
  readonly [Own in Kind]: { readonly [Own in Key & string]: infer Field };
}
  ? Field
  : never;
