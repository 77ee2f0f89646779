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
import type { Given } from "../../settings/roleSettings";
import { checkRules } from "../../settings/rules";
import { parseShape } from "../../settings/shape";
import { Store } from "../../settings/store";
import type { UserContainer, UserPort, UserRoleSettings } from "../../settings/userRole";
import { isReference } from "../../setup/container";
import { containerRules } from "./rules";
import { containersSchema, roleName } from "./schema";

export interface ContainerMachinesArgs extends PrivateMachinesArgs {
  /** Name of the role, after which its machines are called: `erp`. */
  readonly role: string;
  /** Private addresses of the machines, one each, which nothing else has: `["10.0.20.11"]`. */
  readonly addresses: string[];
  /** What every machine runs, by name, as in a stack file. */
  readonly containers: Readonly<Record<string, RoleContainer>>;
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
  Given<Omit<UserContainer, "image" | "environment" | "ports">> & {
    readonly environment?: Readonly<Record<string, pulumi.Input<string>>>;
    readonly ports?: readonly RolePort[];
  };

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

type Containers = UserRoleSettings["containers"];

/** What the containers are, and what is wrong with them as far as they are known. @param roles that may be named as senders */
export function readContainers(
  args: ContainerMachinesArgs,
  roles: readonly string[],
): { readonly containers: Containers; readonly problems: readonly InputProblem[] } {
  const { role } = args;
  const section = z.strictObject({
    roles: z.record(roleName, z.strictObject({ containers: containersSchema })),
  });
  const shaped = parseShape(section, { roles: { [role]: { containers: knownPart(args.containers) } } });
  const containers = shaped.values.roles[role]?.containers ?? {};
  const { vcpus = 0, memoryGb = Number.POSITIVE_INFINITY } = sizeOf(args) ?? {};
  const size = { vcpus, memoryGb, serverType: args.serverType };
  const needs = Object.values(Store).filter((store) => args.stores?.[store] !== undefined);
  const own = { ...size, count: 1, subnet: args.network.range, needs, containers };
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
  return { containers, problems: asInputProblems(problems, `roles.${role}`, "role") };
}

/** Everything that is wrong and can be known before any resource is made; empty: nothing. Secrets are not shown. */
export function containerProblems(args: ContainerMachinesArgs, roles: readonly string[]): InputProblem[] {
  const { containers, problems } = readContainers(args, roles);
  const reference = "an image reference: example/shop@sha256:...";
  return [
    ...machinesProblems(args, args.addresses),
    ...plainProblem("addresses", args.addresses, (all) => all.length > 0, "one address at least"),
    ...problems,
    ...Object.entries(args.images ?? {}).flatMap(([name, image]) =>
      name in containers
        ? plainProblem(`images.${name}`, image, isReference, reference)
        : [
            {
              propertyPath: `images.${name}`,
              reason: `got an image of no container, allowed ${Object.keys(containers).join(", ")}`,
            },
          ],
    ),
  ];
}
