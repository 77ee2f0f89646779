import { type ServerLine, type ServerType, serverTypes } from "./serverTypes";

/** What a machine must at least have. */
export interface MachineSize {
  readonly vcpus: number;
  readonly memoryGb: number;
  /** Hetzner server type; undefined: the cheapest that satisfies all the others. */
  readonly serverType: string | undefined;
  /** Whether its vCPUs are its own, or shared with machines of others. @default - either */
  readonly cpu?: ServerType["cpu"] | undefined;
  /** Disk of the server itself when it is made, besides volumes: a resize keeps it. @default - whatever the type has */
  readonly diskGb?: number | undefined;
}

/** No server type of the location has what the machine needs. */
export class NoServerTypeError extends Error {
  override readonly name = "NoServerTypeError";
}

/**
 * The server type of a machine: the named one, or the cheapest x86 type of the location that has at least the
 * wanted vCPUs and memory. Stock is not looked at: it changes by the hour, see `fallbackServerTypes`.
 *
 * @throws NoServerTypeError naming the nearest types
 */
export function resolveServerType(
  size: MachineSize,
  location: string,
  types: readonly ServerType[] = serverTypes,
): ServerType {
  if (size.serverType !== undefined) return namedServerType(size.serverType, size, location, types);
  const [cheapest] = types
    .filter((type) => type.architecture === "x86" && fits(type, size, location))
    .sort(byPrice);
  if (cheapest !== undefined) return cheapest;
  throw new NoServerTypeError(
    `no server type in ${location} has ${describeNeeds(size)}; the nearest are ${nearest(size, location, types)}`,
  );
}

function namedServerType(
  name: string,
  size: MachineSize,
  location: string,
  types: readonly ServerType[],
): ServerType {
  const type = types.find((candidate) => candidate.name === name);
  if (type === undefined) {
    throw new NoServerTypeError(
      `server type ${name} does not exist; the nearest are ${nearest(size, location, types)}`,
    );
  }
  if (fits(type, size, location)) return type;
  const reason = type.locations.includes(location)
    ? `has ${describeType(type, size)}, less than ${describeNeeds(size)}`
    : `is not sold in ${location}, only in ${type.locations.join(", ")}`;
  throw new NoServerTypeError(`server type ${name} ${reason}; take one of ${nearest(size, location, types)}`);
}

/**
 * What to order instead when `resource_unavailable` (412) says that the wanted type is sold out: the cheapest
 * fitting type of each line, in the order CX, CAX, CPX, CCX. CAX has another processor architecture, so its
 * images must be built for arm too.
 */
export function fallbackServerTypes(
  size: MachineSize,
  location: string,
  types: readonly ServerType[] = serverTypes,
): readonly ServerType[] {
  const order: readonly ServerLine[] = ["CX", "CAX", "CPX", "CCX"];
  return order.flatMap((line) =>
    types
      .filter((type) => type.line === line && fits(type, size, location))
      .sort(byPrice)
      .slice(0, 1),
  );
}

/** Up to three types of the location that come closest to a size, fitting ones first. */
export function nearestServerTypes(
  size: Omit<MachineSize, "serverType">,
  location: string,
  types: readonly ServerType[] = serverTypes,
): readonly ServerType[] {
  const distance = (has: number, wanted: number) => {
    const factor = Math.log2(has / wanted);
    // What is missing weighs more than what is too much.
    return factor < 0 ? -10 * factor : factor;
  };
  const from = (type: ServerType) =>
    distance(type.vcpus, size.vcpus) +
    distance(type.memoryGb, size.memoryGb) +
    (hasCpu(type, size) ? 0 : 10) +
    (type.diskGb >= (size.diskGb ?? 0) ? 0 : distance(type.diskGb, size.diskGb ?? 0));
  return types
    .filter((type) => type.architecture === "x86" && type.locations.includes(location))
    .sort((a, b) => from(a) - from(b) || byPrice(a, b))
    .slice(0, 3);
}

function nearest(size: MachineSize, location: string, types: readonly ServerType[]): string {
  const found = nearestServerTypes(size, location, types);
  return found.map((type) => `${type.name} (${describeType(type, size)})`).join(", ");
}

/** `4 vCPU, 16 GB RAM`. */
export function describeSize(size: Pick<ServerType, "vcpus" | "memoryGb">): string {
  return `${size.vcpus} vCPU, ${size.memoryGb} GB RAM`;
}

/** What a machine needs, in words: `4 dedicated vCPU, 16 GB RAM, 160 GB disk`. */
export function describeNeeds({ vcpus, memoryGb, cpu, diskGb }: Omit<MachineSize, "serverType">): string {
  const disk = diskGb === undefined ? "" : `, ${diskGb} GB disk`;
  return `${vcpus} ${cpu === undefined ? "" : `${cpu} `}vCPU, ${memoryGb} GB RAM${disk}`;
}

/** What a type has of that which a machine needs. */
export function describeType(type: ServerType, { cpu, diskGb }: Omit<MachineSize, "serverType">): string {
  return describeNeeds({
    ...{ vcpus: type.vcpus, memoryGb: type.memoryGb },
    ...(cpu !== undefined && { cpu: type.cpu }),
    ...(diskGb !== undefined && { diskGb: type.diskGb }),
  });
}

/** The type has what the machine needs, wherever it is sold. */
export function satisfies(type: ServerType, size: Omit<MachineSize, "serverType">): boolean {
  const isLarge = type.vcpus >= size.vcpus && type.memoryGb >= size.memoryGb;
  return isLarge && hasCpu(type, size) && type.diskGb >= (size.diskGb ?? 0);
}

function hasCpu(type: ServerType, { cpu }: Pick<MachineSize, "cpu">): boolean {
  return cpu === undefined || type.cpu === cpu;
}

function fits(type: ServerType, size: MachineSize, location: string): boolean {
  return satisfies(type, size) && type.locations.includes(location);
}

// Types without a known price come last, the smaller first.
function byPrice(a: ServerType, b: ServerType): number {
  const price = (type: ServerType) => type.monthlyEur ?? 1_000_000;
  return price(a) - price(b) || a.memoryGb - b.memoryGb || a.vcpus - b.vcpus;
}
