import type { Ground } from "../../../../components/plan/plan";
import type { Role } from "../../../../components/plan/role";

/** A private role with one machine and no parts, and what a test says of it. */
export function role(given: Partial<Role> & { readonly name: string }): Role {
  return {
    title: given.name,
    machineTitle: given.name,
    count: 1,
    size: { vcpus: 2, memoryGb: 4, serverType: undefined },
    isPublic: false,
    parts: [],
    ...given,
  };
}

export function ground(subnets: Readonly<Record<string, string>>): Ground {
  return { environment: "test", network: { range: "10.0.0.0/16", subnets } };
}
