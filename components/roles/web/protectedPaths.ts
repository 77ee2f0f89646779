import { z } from "zod";
import { text } from "../../settings/leaves";
import { pathPrefix } from "../../settings/pathPrefix";
import { ipv4Range } from "../../settings/ranges";
import { secretName } from "../../settings/secretLeaves";

/** A path that only some may reach: who knows a password, who comes from a range, or both where both are named. */
export interface ProtectedPath {
  readonly pathPrefix: string;
  /** Name of a user, and the name of the password among the stack's secrets. */
  readonly users: Readonly<Record<string, string>>;
  /** IPv4 ranges of visitors: `203.0.113.0/24`. */
  readonly ranges: readonly string[];
}

const pathName = text(/^[a-z][a-z0-9]{0,31}$/, {
  allowed: "1 to 32 lower-case letters and digits, a letter first",
  remedy: "rename it",
});

const userName = text(/^[A-Za-z0-9._@-]{1,64}$/, {
  allowed: "1 to 64 letters, digits and . _ @ -",
  remedy: "rename the user",
});

const range = text((value) => ipv4Range(value) !== undefined, {
  allowed: "an IPv4 range in CIDR form: 203.0.113.0/24",
  remedy: "clear the bits behind the prefix, or append /32 to an address",
});

const protectedPath = z.strictObject({
  pathPrefix: pathPrefix.describe("Path that only some may reach, in any case of its letters"),
  users: z.record(userName, secretName()).default({}).meta({
    description: "Who has a password: the user, and the name of its value under secrets",
    fallback: "nobody",
  }),
  ranges: z.array(range).default([]).meta({
    description: "Ranges from which visitors may come; with users too, both must hold",
    fallback: "any",
  }),
});

export const protectedPathsShape = z
  .record(pathName, protectedPath)
  .default({})
  .meta({ description: "Paths that only some may reach, by name", fallback: "none" });
