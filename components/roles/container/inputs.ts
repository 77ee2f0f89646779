import type * as pulumi from "@pulumi/pulumi";
import { z } from "zod";
import {
  asInputProblems,
  type InputProblem,
  knownPart,
  knownSecrets,
  plainProblem,
} from "../../machine/inputErrors";
import { machinesProblems, type PrivateMachinesArgs, sizeOf } from "../../machine/machinesArgs";
import { imageProblems } from "../../machine/programImages";
import type { Given } from "../../settings/roleSettings";
import { checkRules } from "../../settings/rules";
import { parseShape } from "../../settings/shape";
import { Store } from "../../settings/store";
import type { UserContainer, UserPort, UserRoleSettings, UserService } from "../../settings/userRole";
import { containerRules } from "./rules";
import { containersSchema, packagesSchema, roleName, servicesSchema, volumeSize } from "./schema";

export interface ContainerMachinesArgs extends PrivateMachinesArgs {
  /** Name of the role, after which its machines are called: `erp`. */
  readonly role: string;
  /** Private addresses of the machines, one each, which nothing else has: `["10.0.20.11"]`. */
  readonly addresses: string[];
  /** Containers of every machine, by name, as in a stack file. @default - none */
  readonly containers?: Readonly<Record<string, RoleContainer>>;
  /** Programs of every machine that run as systemd units, by name, as in a stack file. @default - none */
  readonly services?: Readonly<Record<string, RoleService>>;
  /** Debian packages that the services need. @default - none */
  readonly packages?: string[];
  /** Size in GB of a volume of each machine, where containers and services keep their data; it may grow. @default - none */
  readonly volumeGb?: number;
  /**
   * What runs instead of the `image` of a container: the same by digest, or what another resource answers.
   * @default - what the containers name
   */
  readonly images?: Readonly<Record<string, pulumi.Input<string>>>;
  /**
   * Stores that all containers use, with the environment by which they find them:
   * `{ database: { DATABASE_URL: database.databaseUrl } }`. Secret. @default - none
   */
  readonly stores?: Readonly<Partial<Record<Store, Readonly<Record<string, pulumi.Input<string>>>>>>;
  /** Values of the secrets that containers ask for by name. Secret. @default - none */
  readonly secrets?: pulumi.Input<Readonly<Record<string, pulumi.Input<string>>>>;
}

/** A container as a stack file has it: what is left out gets its default. */
export type RoleContainer = Pick<UserContainer, "image"> &
  Given<Omit<UserContainer, "image" | "environment" | "ports">> &
  LaterParts;

/** A service as a stack file has it: what is left out gets its default. */
export type RoleService = Pick<UserService, "exec"> &
  Given<Omit<UserService, "exec" | "environment" | "ports">> &
  LaterParts;

/** What other resources may answer. */
export interface LaterParts {
  readonly environment?: Readonly<Record<string, pulumi.Input<string>>>;
  readonly ports?: readonly RolePort[];
}

/** A port that a container listens on. */
export interface RolePort extends Pick<UserPort, "port"> {
  /** @default "tcp" */
  readonly protocol?: UserPort["protocol"];
  /**
   * Who may reach it: private ranges, `any` machine of the network, the role itself, and within a platform its roles.
   * @default - nobody but the machine itself
   */
  readonly from?: pulumi.Input<readonly pulumi.Input<string>[]>;
}

/** What a role runs, as somebody says it in a program. */
const section = z.strictObject({
  roles: z.record(
    roleName,
    z.strictObject({
      containers: containersSchema.default({}),
      services: servicesSchema.default({}),
      packages: packagesSchema.default([]),
      volumeGb: volumeSize.optional(),
    }),
  ),
});

/**
 * What the role is, and everything that is wrong with the arguments as far as they are known; empty: nothing. Secrets
 * are not shown.
 *
 * @param roles that may be named as senders
 */
export function readRole(
  args: ContainerMachinesArgs,
  roles: readonly string[],
): { readonly settings: UserRoleSettings; readonly problems: readonly InputProblem[] } {
  const { settings, problems } = readSection(args, roles);
  return {
    settings,
    problems: [
      ...machinesProblems(args, args.addresses),
      ...plainProblem("addresses", args.addresses, (all) => all.length > 0, "one address at least"),
      ...problems,
      ...imageProblems("container", settings.containers, args.images),
    ],
  };
}

/** The same of what a stack file says of a role. */
function readSection(
  args: ContainerMachinesArgs,
  roles: readonly string[],
): { readonly settings: UserRoleSettings; readonly problems: readonly InputProblem[] } {
  const { role, containers, services, packages, volumeGb } = args;
  const said = { containers, services, packages, volumeGb };
  const shaped = parseShape(section, { roles: { [role]: knownPart(said) } });
  const programs = shaped.values.roles[role] ?? { containers: {}, services: {}, packages: [] };
  const { vcpus = 0, memoryGb = Number.POSITIVE_INFINITY } = sizeOf(args) ?? {};
  const size = { vcpus, memoryGb, serverType: args.serverType };
  const needs = Object.values(Store).filter((store) => args.stores?.[store] !== undefined);
  const own = { ...size, count: args.addresses.length, subnet: args.network.range, needs, ...programs };
  const others = roles.filter((name) => name !== role);
  const input = {
    settings: { roles: { [role]: own } },
    given: { ...shaped.given, secrets: knownSecrets(args.secrets) },
  };
  const problems = [
    ...shaped.problems,
    ...checkRules(
      containerRules(() => others),
      input,
      shaped.problems,
    ),
  ];
  return { settings: own, problems: asInputProblems(problems, `roles.${role}`, "role") };
}
