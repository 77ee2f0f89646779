import type { MachinePlan, Plan } from "../plan/plan";
import type { Order, Role } from "../plan/role";
import type { PriceTable } from "../sizing/prices";
import { describeSize, resolveServerType } from "../sizing/resolve";
import type { ServerType } from "../sizing/serverTypes";
import { requireStorageBox } from "../sizing/storageBoxes";

/** One line of the monthly bill. */
export interface CostLine {
  /** What is paid for: `cx43 (8 vCPU, 16 GB RAM)`. */
  readonly item: string;
  /** What it is for: `app1, app2`. */
  readonly purpose: string;
  readonly quantity: number;
  readonly unitEur: number;
  /** Rounded to cents. */
  readonly monthlyEur: number;
}

/** What a platform costs per month, EUR without VAT. Traffic beyond what Hetzner includes is not in it. */
export interface CostEstimate {
  readonly lines: readonly CostLine[];
  readonly totalEur: number;
  readonly date: string;
  readonly source: string;
  /** Server types of the platform that cannot be ordered, as far as the price source knows. */
  readonly soldOut: readonly string[];
}

/** The price table does not know a server type. */
export class UnknownPriceError extends Error {
  override readonly name = "UnknownPriceError";
}

/** Which server type a machine gets. */
export type ChooseServerType = (machine: MachinePlan) => ServerType;

/**
 * The platform's monthly cost by line.
 *
 * @param choose @default - the type that `up` orders
 * @throws UnknownPriceError, NoServerTypeError
 */
export function estimateCost(
  plan: Plan,
  location: string,
  prices: PriceTable,
  choose: ChooseServerType = (machine) => resolveServerType(machine.size, location),
): CostEstimate {
  const chosen = plan.machines.map((machine) => ({ machine, type: choose(machine) }));
  const publicMachines = plan.machines.filter((machine) => machine.isPublic);
  const orders = plan.roles.flatMap((role) => role.orders ?? []);
  const ordered = (kind: Order["kind"]) =>
    orders.filter((order) => order.kind === kind).map((order) => orderLine(order, prices));
  const lines = [
    ...serverLines(plan, chosen, prices),
    line("primary IPv4", names(publicMachines), publicMachines.length, prices.primaryIpv4),
    ...ordered("loadBalancer"),
    ...ordered("floatingIpv4"),
    ...ordered("floatingIpv6"),
    ...plan.roles.flatMap((role) => volumeLines(role, prices)),
    ...ordered("storageBox"),
  ];
  const types = [...new Set(chosen.map(({ type }) => type.name))];
  return {
    lines,
    totalEur: cents(lines.reduce((sum, { monthlyEur }) => sum + monthlyEur, 0)),
    date: prices.date,
    source: prices.source,
    soldOut: types.filter((name) => prices.soldOut.has(name)),
  };
}

function serverLines(
  plan: Plan,
  chosen: readonly { readonly machine: MachinePlan; readonly type: ServerType }[],
  prices: PriceTable,
): readonly CostLine[] {
  return plan.roles.flatMap((role) => {
    const machines = chosen.filter(({ machine }) => machine.role === role.name);
    const [first] = machines;
    if (first === undefined) return [];
    const { type } = first;
    const price = prices.servers.get(type.name);
    if (price === undefined) {
      throw new UnknownPriceError(
        `the prices of ${prices.date} do not know server type ${type.name}; set HCLOUD_TOKEN to ask the API`,
      );
    }
    const purpose = names(machines.map(({ machine }) => machine));
    return [line(`${type.name} (${describeSize(type)})`, purpose, machines.length, price)];
  });
}

function orderLine(order: Order, prices: PriceTable): CostLine {
  if (order.kind === "floatingIpv4") return line("floating IPv4", order.purpose, 1, prices.floatingIpv4);
  if (order.kind === "floatingIpv6") return line("floating IPv6", order.purpose, 1, prices.floatingIpv6);
  if (order.kind === "loadBalancer") {
    const price = prices.loadBalancers.get(order.type);
    if (price === undefined)
      throw new UnknownPriceError(`the prices of ${prices.date} do not know load balancer ${order.type}`);
    return line(`load balancer ${order.type.toUpperCase()}`, order.purpose, 1, price);
  }
  const box = requireStorageBox(order.capacityGb);
  const item = `storage box ${box.name.toUpperCase()} (${box.capacityGb} GB)`;
  return line(item, order.purpose, 1, box.monthlyEur);
}

function volumeLines({ volume, count }: Role, prices: PriceTable): readonly CostLine[] {
  if (volume === undefined) return [];
  return [line("volume, per GB", volume.purpose, volume.sizeGb * count, prices.volumePerGb)];
}

function names(machines: readonly MachinePlan[]): string {
  return machines.map((machine) => machine.name).join(", ");
}

function line(item: string, purpose: string, quantity: number, unitEur: number): CostLine {
  return { item, purpose, quantity, unitEur, monthlyEur: cents(quantity * unitEur) };
}

function cents(amount: number): number {
  return Math.round(amount * 100) / 100;
}
