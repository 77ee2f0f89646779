import type { CostEstimate } from "../components/views/cost";
import { plainTable } from "./plainTable";

/** The monthly cost by line, for a terminal. */
export function costTable(cost: CostEstimate): string {
  const table = plainTable(
    ["item", "for", "quantity", "EUR each", "EUR per month"],
    ["left", "left", "right", "right", "right"],
  );
  for (const { item, purpose, quantity, unitEur, monthlyEur } of cost.lines) {
    table.push([item, purpose, String(quantity), priceText(unitEur), monthlyEur.toFixed(2)]);
  }
  table.push(["sum", "", "", "", cost.totalEur.toFixed(2)]);
  return table.toString();
}

/** Prices of gigabytes have four digits. */
function priceText(amount: number): string {
  return Number.isInteger(amount * 100) || amount >= 1 ? amount.toFixed(2) : amount.toFixed(4);
}
