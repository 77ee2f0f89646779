import type { z } from "zod";
import type { roleDefinitions } from ".";

// What the list of roles says of the settings of a platform, as types.

export type Definition = (typeof roleDefinitions)[number];

/** Settings key, subnet, host name and folder of a role. */
export type RoleName = Definition["name"];

type Section<One extends Definition> = z.output<One["schema"]>;

/** The roles that a stack's file may have no section of. */
type OptionalDefinition = Definition extends infer One
  ? One extends Definition
    ? undefined extends Section<One>
      ? One
      : never
    : never
  : never;
type ConstantDefinition = Exclude<Definition, OptionalDefinition>;

/** A section for each role. */
export type RoleSections = { readonly [One in ConstantDefinition as One["name"]]: Section<One> } & {
  readonly [One in OptionalDefinition as One["name"]]?: Section<One>;
};

/** Images of the roles' own software, by tag. */
export type RoleImages = { readonly [Image in FieldsOf<ConstantDefinition, "images">]: string } & {
  readonly [Image in FieldsOf<OptionalDefinition, "images">]?: string;
};

/** Keys of a stack's file that hold secrets of roles. */
export type RoleSecret = FieldsOf<Definition, "secrets">;

/** `FieldsOf<Definition, "images">`: the keys of the images of all of them. */
export type FieldsOf<One extends Definition, Kind extends "images" | "secrets"> = One extends Definition
  ? Extract<keyof One[Kind], string>
  : never;
