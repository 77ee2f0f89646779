import { planPlatform } from "../components/presets";
import { datedPrices } from "../components/sizing/prices";
import type { PlatformSettings } from "../components/stack/settings";
import { budgetText } from "../components/views/budget";
import { estimateCost } from "../components/views/cost";
import { describePlatform } from "../components/views/description";
import { renderTree } from "../components/views/tree";
import { costTable } from "./costTable";

/** What a stack will be, from its file alone: machines, who may reach which port, and what it costs at Hetzner. */
export function overview(settings: PlatformSettings): string {
  const plan = planPlatform(settings);
  const tree = renderTree(describePlatform(settings, plan));
  const prices = datedPrices(settings.location);
  if (prices === undefined) return tree;
  const cost = estimateCost(plan, settings.location, prices);
  return `${tree}\nAt Hetzner it costs:\n${costTable(cost)}\n${budgetText(cost, settings.budgetEur)}\n`;
}
