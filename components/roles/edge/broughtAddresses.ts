import * as hcloud from "@pulumi/hcloud";
import * as pulumi from "@pulumi/pulumi";
import { type InputProblem, refuseInputs } from "../../machine/inputErrors";
import { findLocation } from "../../sizing/locations";
import { visitorsAddress } from "./ipv6Addresses";

/** An address of visitors, whoever made it. */
export interface VisitorAddress {
  readonly id: pulumi.Output<number>;
  readonly ipAddress: pulumi.Output<string>;
}

/** Part of what the API says of a floating IP. */
export interface FoundAddress {
  readonly id: number;
  readonly ipAddress: string;
  readonly type: string;
  readonly homeLocation: string;
  /** Name of the server that has it. @default - none has */
  readonly server?: string;
}

/** For whom addresses are looked up. */
export interface AddressesWanted {
  /** Of the machines. */
  readonly location: pulumi.Input<string>;
  /** Server names of the two machines. */
  readonly hostnames: readonly string[];
  /** So many are addresses of IPv4, and those after them networks of IPv6. */
  readonly many: number;
}

/** For whom one is. */
export interface AddressWanted extends Pick<AddressesWanted, "hostnames"> {
  readonly location: string;
  readonly type: "ipv4" | "ipv6";
}

/**
 * Floating IPs that were there before, and stay: they are looked up and never changed here, but the pair assigns them.
 *
 * @param names name or number of each
 */
export function lookUpAddresses(
  component: string,
  names: readonly string[],
  wanted: AddressesWanted,
  parent: pulumi.Resource,
): readonly VisitorAddress[] {
  return names.map((name, index) => {
    const type = index < wanted.many ? "ipv4" : "ipv6";
    const found = pulumi.all([lookUp(name, parent), wanted.location]).apply(([address, location]) => {
      const one = { location, type, hostnames: wanted.hostnames } as const;
      refuseInputs(component, addressProblems(`floatingIps[${index}]`, name, address, one));
      return address ?? neverFound;
    });
    const addressOf = ({ ipAddress }: FoundAddress) =>
      type === "ipv4" ? ipAddress : visitorsAddress(ipAddress);
    return { id: found.apply(({ id }) => id), ipAddress: found.apply(addressOf) };
  });
}

const neverFound: FoundAddress = { id: 0, ipAddress: "", type: "", homeLocation: "" };

/** @param found undefined: there is none */
export function addressProblems(
  propertyPath: string,
  name: string,
  found: FoundAddress | undefined,
  wanted: AddressWanted,
): InputProblem[] {
  const { location, hostnames } = wanted;
  const problem = (got: string, allowed: string) => [
    { propertyPath, reason: `got ${got}, allowed ${allowed}` },
  ];
  if (found === undefined) {
    return problem(
      `${name}, which the project of hcloud:token has not`,
      `a floating IP that is there already; make it (hcloud floating-ip create --type ${wanted.type}), or leave the key out and the stack makes one`,
    );
  }
  const { type, homeLocation, server } = found;
  if (type !== wanted.type) return problem(`${name}, an address of type ${type}`, typeAllowed[wanted.type]);
  const zone = findLocation(location)?.networkZone;
  if (findLocation(homeLocation)?.networkZone !== zone) {
    return problem(
      `${name} of ${homeLocation}`,
      `an address of a location in ${zone}, where the machines are (${location}): no server of another network zone can have it`,
    );
  }
  if (server === undefined || hostnames.includes(server)) return [];
  return problem(
    `${name}, which server ${server} has`,
    `an address that nobody or this pair has: visitors of ${server} would come here at once; take it away from there when they may (hcloud floating-ip unassign ${name})`,
  );
}

const typeAllowed = {
  ipv4: "an IPv4 address; networks of IPv6 come after all of them",
  ipv6: "a network of IPv6; all addresses of IPv4 come before",
} as const;

async function lookUp(name: string, parent: pulumi.Resource): Promise<FoundAddress | undefined> {
  const byId = /^\d+$/.test(name);
  try {
    const found = await hcloud.getFloatingIp(byId ? { id: Number(name) } : { name }, { parent });
    const server =
      found.serverId > 0 ? await hcloud.getServer({ id: found.serverId }, { parent }) : undefined;
    const { id, ipAddress, type, homeLocation } = found;
    return { id, ipAddress, type, homeLocation, ...(server && { server: server.name }) };
  } catch (error) {
    // The provider says in words alone that there is none.
    if (/no Floating IP found|not found/i.test(String(error))) return undefined;
    throw error;
  }
}
