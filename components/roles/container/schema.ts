import { z } from "zod";
import {
  choice,
  type FieldNote,
  imageReference,
  isLabel,
  text,
  variableName,
  wholeNumber,
} from "../../settings/leaves";
import { completeSize, sizeShape } from "../../settings/machineSize";
import { ipv4Range, isNetworkCidr } from "../../settings/ranges";
import { secretName } from "../../settings/secretLeaves";
import { Store } from "../../settings/store";

const defaultSize = { vcpus: 2, memoryGb: 4 };

export const roleName = text(/^[a-z]([a-z0-9-]{0,18}[a-z])?$/, {
  allowed: "1 to 20 lower-case letters, digits and hyphens, with letters at both ends",
  remedy: "rename the role: its machines are called after it, with a number behind",
});

const sender = text((value) => /^[a-z][a-z0-9-]*$/.test(value) || isNetworkCidr(value), {
  allowed: "the name of a role, any, or a range in CIDR form",
  remedy: "name who may reach the port",
});

const value = text((line) => !/[\r\n\0]/.test(line), {
  allowed: "text of one line",
  remedy: "put numbers and true or false in quotes",
});

const port = z.strictObject({
  port: wholeNumber(1, 65_535, "the port").describe(
    "Port that the container listens on, in the machine's own network",
  ),
  protocol: choice(["tcp", "udp"], "a protocol").describe("Protocol of the port").default("tcp"),
  from: z.array(sender).default([]).meta({
    description: "Who may reach the port: roles, any machine of the platform, or private ranges",
    fallback: "nobody but the machine itself",
  }),
});

const containerName = text((name) => isLabel(name) && name.length <= 40, {
  allowed: "1 to 40 lower-case letters, digits and hyphens",
  remedy: "rename the container: its unit is called after it",
});

const container = z.strictObject({
  image: imageReference().describe("Image with a tag or a digest"),
  ports: z.array(port).default([]).meta({ description: "What the container listens on", fallback: "none" }),
  environment: z
    .record(variableName(), value)
    .default({})
    .meta({
      description: "Variables in clear text, by name",
      fallback: "none",
      confidential: true,
    } satisfies FieldNote),
  secrets: z.record(variableName(), secretName()).default({}).meta({
    description: "Secret variables: the variable, and the name of its value under secrets",
    fallback: "none",
  }),
  memoryMb: wholeNumber(32, 196_608, "the memory of the container in MB")
    .describe("Memory limit of the container, in MB")
    .default(512),
});

/** Containers of a machine, by name. */
export const containersSchema = z.record(containerName, container);

/** The settings under `roles`. */
export const userRolesSchema = z
  .record(
    roleName,
    z
      .strictObject({
        ...sizeShape(defaultSize),
        count: wholeNumber(1, 90, "the number of machines")
          .describe("Number of identical machines")
          .default(1),
        subnet: text((range) => ipv4Range(range) !== undefined, {
          allowed: "an IPv4 network address in CIDR form inside network.range: 10.0.20.0/24",
          remedy: "name a range that no other role has, and keep it",
          standIn: "10.0.20.0/24",
        })
          .meta({
            description: "Subnet of its machines, inside network.range",
            fallback: "the next free part of it; what would move that of a running role is refused",
          })
          .optional(),
        needs: z
          .array(choice(Object.values(Store), "a store"))
          .default([])
          .meta({
            description: "Stores whose address and credentials its containers get",
            fallback: "none",
          }),
        containers: containersSchema.meta({ description: "Containers of every machine, by name" }),
      })
      .transform((role) => ({ ...role, ...completeSize(role, defaultSize) })),
  )
  .default({});
