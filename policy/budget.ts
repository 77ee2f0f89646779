import type { StackValidationPolicy } from "@pulumi/policy";
import { datedPrices, type PriceTable, storageBoxes } from "../components/sizing/prices";

/** Settings of the policy. */
export interface Budget {
  /** EUR without VAT. @default - no limit */
  readonly maxMonthlyEur?: number;
}

/** What is paid for, as far as the price goes. */
export interface Ordered {
  readonly type: string;
  readonly name: string;
  readonly props: Readonly<Record<string, unknown>>;
}

/** EUR per month of a resource; undefined: it costs nothing, or nobody knows. */
type Price = (props: Ordered["props"], prices: PriceTable) => number | undefined;

const prices: Readonly<Record<string, Price>> = {
  "hcloud:index/server:Server": ({ serverType, backups, publicNets }, table) => {
    const server = table.servers.get(String(serverType));
    if (server === undefined) return undefined;
    const [reached = {}] = (publicNets ?? []) as readonly { readonly ipv4Enabled?: boolean }[];
    const address = reached.ipv4Enabled === false ? 0 : table.primaryIpv4;
    return server * (backups === true ? 1 + table.serverBackupRatio : 1) + address;
  },
  "hcloud:index/volume:Volume": ({ size }, table) => Number(size) * table.volumePerGb,
  "hcloud:index/floatingIp:FloatingIp": ({ type }, table) =>
    type === "ipv6" ? table.floatingIpv6 : table.floatingIpv4,
  "hcloud:index/loadBalancer:LoadBalancer": ({ loadBalancerType }, table) =>
    table.loadBalancers.get(String(loadBalancerType)),
  "hcloud:index/storageBox:StorageBox": ({ storageBoxType }) =>
    storageBoxes.find(({ name }) => name === storageBoxType)?.monthlyEur,
};

/** What resources cost each month by the dated prices of their location, and those whose price is not known. */
export function monthlyCost(ordered: readonly Ordered[]): {
  readonly eur: number;
  readonly unknown: readonly string[];
} {
  let eur = 0;
  const unknown: string[] = [];
  for (const { type, name, props } of ordered) {
    const price = prices[type];
    if (price === undefined) continue;
    const table = datedPrices(String(props.location ?? props.homeLocation));
    const cost = table && price(props, table);
    if (cost === undefined) unknown.push(name);
    else eur += cost;
  }
  return { eur: Math.round(eur * 100) / 100, unknown };
}

/** Why the stack is not within its budget. */
export function overBudget(ordered: readonly Ordered[], { maxMonthlyEur }: Budget): string[] {
  if (maxMonthlyEur === undefined) return [];
  const { eur, unknown } = monthlyCost(ordered);
  return [
    ...(eur <= maxMonthlyEur
      ? []
      : [`costs ${eur.toFixed(2)} EUR a month, and ${maxMonthlyEur} is the budget`]),
    ...(unknown.length === 0
      ? []
      : [`nobody knows what ${unknown.join(", ")} cost: a newer table of prices may`]),
  ];
}

export const budget: StackValidationPolicy = {
  name: "stack-is-within-its-budget",
  description: "What a stack costs each month, by the dated table of prices, before it is ordered.",
  severity: "medium",
  configSchema: { properties: { maxMonthlyEur: { type: "number", minimum: 0 } } },
  validateStack: ({ resources, getConfig }, report) => {
    for (const problem of overBudget(resources, getConfig<Budget>())) report(problem);
  },
};
