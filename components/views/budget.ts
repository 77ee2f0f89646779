import type { Plan } from "../plan/plan";
import type { PlatformWide } from "../settings/platformWide";
import { datedPrices } from "../sizing/prices";
import { type CostEstimate, estimateCost } from "./cost";

/** The platform would cost more than its budget allows, or nobody can say what it costs. */
export class BudgetError extends Error {
  override readonly name = "BudgetError";
}

/**
 * Refuses a platform that costs more than `budgetEur`. Call it before the first resource is registered: it
 * needs the dated price table only.
 *
 * @throws BudgetError naming sum, limit and the largest lines
 */
export function requireBudget(
  { budgetEur, location }: Pick<PlatformWide, "budgetEur" | "location">,
  plan: Plan,
): void {
  if (budgetEur === undefined) return;
  const prices = datedPrices(location);
  if (prices === undefined) {
    throw new BudgetError(
      `budgetEur ${budgetEur} cannot be checked: the dated prices know no ${location}; set budgetEur: 0`,
    );
  }
  const estimate = estimateCost(plan, location, prices);
  if (!isWithinBudget(estimate, budgetEur)) throw new BudgetError(budgetText(estimate, budgetEur));
}

export function isWithinBudget(estimate: CostEstimate, budgetEur: number | undefined): boolean {
  return budgetEur === undefined || estimate.totalEur <= budgetEur;
}

/** The verdict in one line. */
export function budgetText(estimate: CostEstimate, budgetEur: number | undefined): string {
  const total = `${estimate.totalEur.toFixed(2)} EUR per month without VAT (prices of ${estimate.date})`;
  if (budgetEur === undefined) return `${total}; no budgetEur is set`;
  if (isWithinBudget(estimate, budgetEur)) return `${total}, within budgetEur ${budgetEur.toFixed(2)}`;
  const largest = [...estimate.lines].sort((a, b) => b.monthlyEur - a.monthlyEur).slice(0, 2);
  const items = largest.map((line) => `${line.item} for ${line.purpose} at ${line.monthlyEur.toFixed(2)}`);
  return `${total}, above budgetEur ${budgetEur.toFixed(2)}; the largest lines are ${items.join(" and ")}; take smaller ones or raise budgetEur`;
}
