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
    "Port that the program listens on, in the machine's own network",
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

/** What every program of a role has. */
const programShape = (what: string) => ({
  ports: z
    .array(port)
    .default([])
    .meta({ description: `What the ${what} listens on`, fallback: "none" }),
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
  memoryMb: wholeNumber(32, 196_608, `the memory of the ${what} in MB`)
    .describe(`Memory limit of the ${what}, in MB`)
    .default(512),
});

const dataPath = text((path) => /^(?:\/[A-Za-z0-9._-]+)+$/.test(path) && !/\/\.\.?(?:\/|$)/.test(path), {
  allowed: "an absolute path in the container: /var/lib/odoo",
  remedy: "write the path without spaces, colons and the parts . and ..",
});

const container = z.strictObject({
  image: imageReference().describe("Image with a tag or a digest"),
  ...programShape("container"),
  data: dataPath
    .meta({
      description: "Path in the container that lies on the role's volume",
      fallback: "none: it keeps nothing",
    })
    .optional(),
  dataUser: wholeNumber(0, 65_533, "the number of a user")
    .meta({
      description: "Number of the user to whom data belongs when it is made",
      fallback: "0, which is root",
    })
    .optional(),
});

const serviceName = text((name) => /^[a-z](?:[a-z0-9-]{0,28}[a-z0-9])?$/.test(name), {
  allowed: "1 to 30 lower-case letters, digits and hyphens, with a letter first",
  remedy: "rename the service: its unit and its user are called after it",
});

// A word is plain or wholly quoted: systemd would read a lonely quote, a backslash or a semicolon in its own way.
const command = text(
  (line) => /^\/[\w.+@/-]+(?: +(?:"[^"\\\p{Cc}]*"|'[^'\\\p{Cc}]*'|[^\s"'\\;\p{Cc}]+))*$/u.test(line),
  {
    allowed: "an absolute path and arguments, each plain or in quotes: /usr/bin/indexer --port 9000",
    remedy: "put what needs a shell into a script of a package, or run it by /bin/bash -c '...'",
  },
);

const user = text((name) => /^[a-z_][a-z0-9_-]{0,30}$/.test(name) && name !== "root", {
  allowed: "the name of a user other than root: lower-case letters, digits, _ and -",
  remedy: "leave it out: the service gets a user of its own",
});

const service = z.strictObject({
  exec: command.describe("Absolute path of the program, and its arguments; $NAME stands for a variable"),
  user: user
    .meta({ description: "User that it runs as, made when there is none", fallback: "called as the service" })
    .optional(),
  restart: choice(["always", "on-failure"], "when it is started again")
    .describe("When systemd starts it again")
    .default("always"),
  ...programShape("service"),
});

const packageName = text((name) => /^[a-z0-9][a-z0-9+.-]+$/.test(name), {
  allowed: "the name of a Debian package",
  remedy: "name it without version and architecture",
});

export const volumeSize = wholeNumber(10, 10_240, "the size of the volume in GB");

/** Services of a machine, by name. */
export const servicesSchema = z.record(serviceName, service);

export const packagesSchema = z.array(packageName);

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
        containers: containersSchema
          .default({})
          .meta({ description: "Containers of every machine, by name", fallback: "none" }),
        services: servicesSchema.default({}).meta({
          description: "Programs of every machine that run as systemd units, by name",
          fallback: "none; a container or a service is required",
        }),
        packages: packagesSchema.default([]).meta({
          description: "Debian packages that the services need",
          fallback: "none",
        }),
        volumeGb: volumeSize
          .meta({
            description:
              "Size of a volume of each machine, in GB, for the data of containers and services; it may grow",
            fallback: "none",
          })
          .optional(),
      })
      .transform((role) => ({ ...role, ...completeSize(role, defaultSize) })),
  )
  .default({});
