import {
  describeNeeds,
  describeType,
  fallbackServerTypes,
  type MachineSize,
  nearestServerTypes,
  satisfies,
} from "../sizing/resolve";
import { findServerType, serverTypes } from "../sizing/serverTypes";
import { choice, wholeNumber } from "./leaves";
import type { SettingsProblem } from "./problems";
import type { Rule } from "./rules";

/** What a role's machines have when nothing is said. */
export type DefaultSize = Readonly<Record<"vcpus" | "memoryGb", number>>;

/** Keys of a section that say how large its machines are. */
export const sizeShape = ({ vcpus, memoryGb }: DefaultSize) => ({
  vcpus: wholeNumber(1, 1024, "the number of vCPUs")
    .meta({
      description: "vCPUs that each machine has at least",
      fallback: `${vcpus}, or those of serverType`,
    })
    .optional(),
  memoryGb: wholeNumber(1, 4096, "the memory in GB")
    .meta({
      description: "Memory that each machine has at least, in GB",
      fallback: `${memoryGb}, or that of serverType`,
    })
    .optional(),
  serverType: choice(
    serverTypes.filter((type) => type.architecture === "x86").map((type) => type.name),
    "a server type",
  )
    .meta({
      description: "Hetzner server type of the machines",
      fallback: "the cheapest that has vcpus, memoryGb, cpu and diskGb",
    })
    .optional(),
  cpu: choice(["shared", "dedicated"], "a kind of vCPU")
    .meta({
      description: "Whether the machines' vCPUs are their own, or shared with machines of others",
      fallback: "either",
    })
    .optional(),
  diskGb: wholeNumber(1, 4096, "the disk in GB")
    .meta({
      description:
        "Disk that each server has at least when it is made, in GB, besides volumes; another server type later keeps the disk",
      fallback: "whatever the server type has",
    })
    .optional(),
});

/** A size with what the server type or the role's default says about the rest. */
export function completeSize(
  given: { readonly [Key in keyof MachineSize]?: MachineSize[Key] | undefined },
  fallback: DefaultSize,
): MachineSize {
  const type = given.serverType === undefined ? undefined : findServerType(given.serverType);
  return {
    vcpus: given.vcpus ?? type?.vcpus ?? fallback.vcpus,
    memoryGb: given.memoryGb ?? type?.memoryGb ?? fallback.memoryGb,
    serverType: given.serverType,
    ...(given.cpu !== undefined && { cpu: given.cpu }),
    ...(given.diskGb !== undefined && { diskGb: given.diskGb }),
  };
}

/** What the rule about the size of a section's machines looks at. */
export interface SizeInput<Key extends string> {
  readonly settings: { readonly location: string } & { readonly [Section in Key]?: MachineSize | undefined };
}

/** A server type of the location has what the section under `key` asks for. */
export function sizeRule<Key extends string>(key: Key): Rule<SizeInput<Key>> {
  return {
    reads: ["location", ...sizeFields.map((field) => `${key}.${field}`)],
    check: ({ settings }) => {
      const sections: { readonly [Section in Key]?: MachineSize | undefined } = settings;
      const size = sections[key];
      return size === undefined ? [] : sizeProblems(key, size, settings.location);
    },
  };
}

const sizeFields = ["vcpus", "memoryGb", "serverType", "cpu", "diskGb"] as const;

/** What is wrong with a size: no server type of the location has it. @param key where it stands: `roles.erp` */
export function sizeProblems(key: string, size: MachineSize, location: string): readonly SettingsProblem[] {
  const nearest = nearestServerTypes(size, location).map(
    (type) => `${type.name} (${describeType(type, size)})`,
  );
  if (size.serverType === undefined) {
    if (fallbackServerTypes(size, location).some((type) => type.architecture === "x86")) return [];
    const allowed = `a size that a server type in ${location} has: ${nearest.join(", ")}`;
    return [{ path: key, value: describeNeeds(size), allowed, remedy: "ask for less" }];
  }
  const type = findServerType(size.serverType);
  if (type === undefined) return [];
  const problem = (allowed: string): SettingsProblem[] => [
    {
      path: `${key}.serverType`,
      value: `${type.name} (${describeType(type, size)})`,
      allowed,
      remedy: `take one of ${nearest.join(", ")}`,
    },
  ];
  if (!type.locations.includes(location)) {
    return problem(`a server type that is sold in ${location}; this one is in ${type.locations.join(", ")}`);
  }
  return satisfies(type, size) ? [] : problem(`a server type with at least ${describeNeeds(size)}`);
}
