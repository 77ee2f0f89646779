import type { z } from "zod";
import type { Role } from "../plan/role";
import type { PlatformWide } from "../settings/platformWide";
import type { RoleSettings } from "../settings/roleSettings";
import type { SettledRules } from "../settings/settled";
import type { CreatedRole, Place, Surroundings } from "./surroundings";

/** Keys of a stack's file, each with its shape and default. */
export type Fields = Readonly<Record<string, z.ZodType>>;

/** Settings with the section of one role, which may be absent where the role's schema says so. */
export type WithSection<Name extends string, Section> = undefined extends Section
  ? { readonly [Key in Name]?: Section }
  : { readonly [Key in Name]: Section };

/** What a role may know of the platform: no section but its own, and its images. */
export type WideWith<Images extends Fields> = PlatformWide & {
  readonly images: { readonly [Image in keyof Images]: string };
};

/**
 * All that a platform knows of one of its roles, as a role's folder says it. `components/roles/index.ts` lists them;
 * whatever asks about roles asks that list.
 *
 * A role whose `schema` is `.optional()` has machines where a stack's file has its section; any other always has a
 * section, and a preset says whether there are machines of it.
 */
export interface RoleFacts<Name extends string, Section, Input, Images extends Fields, Secrets extends Fields>
  extends RoleSettings<Name, Section, Input> {
  /** Images of its software, under `images`. @default - none */
  readonly images?: Images;
  /** Images that follow from the section while nothing is set under `images`. @default - none do */
  readonly imagesFor?: (section: NonNullable<Section>) => {
    readonly [Image in keyof Images]?: string | undefined;
  };
  /** Secrets of the stack's file by their keys. @default - none */
  readonly secrets?: Secrets;
  /** Its section where a preset chooses it and a stack's file has none. @default - no preset does */
  readonly usual?: NonNullable<Section>;
  /** What its data depends on. @default - nothing */
  readonly settled?: SettledRules<WithSection<Name, Section>>;
  readonly role: (section: NonNullable<Section>, wide: WideWith<Images>) => Role;
  /** Makes its machines. What others offer comes by the name of the offer; what others need of it, it answers. */
  readonly create: (
    section: NonNullable<Section>,
    surroundings: Surroundings<WideWith<Images>>,
    place: Place,
  ) => CreatedRole;
}

/** The facts of a role, complete, with what they say of given settings. */
export interface RoleDefinition<
  Name extends string,
  Section,
  Input,
  Images extends Fields,
  Secrets extends Fields,
> extends RoleSettings<Name, Section, Input> {
  readonly images: Images;
  readonly secrets: Secrets;
  readonly settled: SettledRules<WithSection<Name, Section>>;
  /** A stack's file may have no section of it, and then there is no role. */
  readonly isOptional: boolean;
  /** Its images by their keys; empty where there is none. */
  readonly imagesIn: (settings: Around<Name, Section>) => Readonly<Record<string, string>>;
  /** The role in settings; undefined: they have no section of it. */
  readonly roleIn: (settings: Around<Name, Section>) => Role | undefined;
  /** Makes the machines of the role in settings. @throws when they have no section of it */
  readonly createIn: (
    settings: Around<Name, Section>,
    surroundings: Omit<Surroundings, "wide">,
    place: Place,
  ) => CreatedRole;
}

/** Settings of a platform, as far as one role looks at them. */
type Around<Name extends string, Section> = PlatformWide & { readonly [Key in Name]?: Section | undefined };

export function defineRole<
  const Name extends string,
  Section,
  Input,
  Images extends Fields = Record<never, never>,
  Secrets extends Fields = Record<never, never>,
>(
  facts: RoleFacts<Name, Section, Input, Images, Secrets>,
): RoleDefinition<Name, Section, Input, Images, Secrets> {
  const { name, schema, rules, settled = {}, images = {} as Images, secrets = {} as Secrets } = facts;
  const sectionIn = (settings: { readonly [Key in Name]?: Section | undefined }) =>
    settings[name] ?? undefined;
  const imagesIn = (settings: Around<Name, Section>) => {
    const section = sectionIn(settings);
    const own = section === undefined ? {} : (facts.imagesFor?.(section) ?? {});
    const set: Readonly<Record<string, unknown>> = { ...settings.images };
    const known = (image: string) =>
      set[image] ?? own[image as keyof typeof own] ?? defaultOf(images[image]) ?? "";
    return Object.fromEntries(Object.keys(images).map((image) => [image, String(known(image))]));
  };
  const wideIn = (settings: Around<Name, Section>) =>
    ({ ...settings, images: { ...settings.images, ...imagesIn(settings) } }) as WideWith<Images>;
  return {
    ...{ name, schema, rules, images, secrets, settled, imagesIn },
    isOptional: defaultOf(schema) === undefined,
    roleIn: (settings) => {
      const section = sectionIn(settings);
      return section === undefined ? undefined : facts.role(section, wideIn(settings));
    },
    createIn: (settings, surroundings, place) => {
      const section = sectionIn(settings) ?? facts.usual;
      if (section === undefined) throw new Error(`the settings have no section ${name}`);
      return facts.create(section, { ...surroundings, wide: wideIn(settings) }, place);
    },
  };
}

/** What a key has that nobody has set. */
function defaultOf(schema: z.ZodType | undefined): unknown {
  return schema?.safeParse(undefined).data;
}
