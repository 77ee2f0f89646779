import { planPlatform } from "../components/presets";
import { datedPrices, type PriceTable } from "../components/sizing/prices";
import { costAlternatives, whatAmountBuys } from "../components/views/alternatives";
import { budgetText, isWithinBudget } from "../components/views/budget";
import { type CostEstimate, estimateCost } from "../components/views/cost";
import { costTable } from "./costTable";
import { fetchPrices } from "./fetchPrices";
import { ExitCode, runCommand, stackCommand, type ViewOptions, viewedStack } from "./stackCommand";

/** The topology's source document estimates this sum per month. */
const documentedEur = 100;

const command = stackCommand(
  "estimate",
  "Prints the monthly cost of a stack by line, EUR without VAT, and whether it is within budgetEur.",
)
  .addHelpText(
    "after",
    `
Prices come from a dated table, or from the API when HCLOUD_TOKEN is set (HCLOUD_ENDPOINT names another API).
Exit code: 0 within the budget, 1 above it, 2 wrong arguments or configuration.

Examples:
  npm run estimate -- prod
  HCLOUD_TOKEN=... npm run estimate -- prod`,
  )
  .action(estimate);

async function estimate(stack: string, options: ViewOptions): Promise<void> {
  const { settings, plan } = viewedStack(stack, options.directory);
  const prices = await priceTable(settings.location);
  const cost = estimateCost(plan, settings.location, prices);
  const alternatives = costAlternatives(settings, planPlatform, prices);
  const withinBudget = isWithinBudget(cost, settings.budgetEur);
  if (options.json) {
    const document = { ...cost, budgetEur: settings.budgetEur ?? null, withinBudget, alternatives };
    process.stdout.write(`${JSON.stringify(document, null, 2)}\n`);
  } else {
    const honest = whatAmountBuys(documentedEur, alternatives, prices);
    process.stdout.write(
      `${costTable(cost)}\n${notes(cost)}${budgetText(cost, settings.budgetEur)}\n\n${honest}`,
    );
  }
  if (!withinBudget) process.exitCode = ExitCode.OverBudget;
}

async function priceTable(location: string): Promise<PriceTable> {
  const { HCLOUD_TOKEN: token, HCLOUD_ENDPOINT: endpoint = "https://api.hetzner.cloud/v1" } = process.env;
  if (token !== undefined && token !== "") return await fetchPrices(endpoint, token, location);
  const prices = datedPrices(location);
  if (prices !== undefined) return prices;
  throw new Error(`the dated prices know no ${location}, only EU locations; set HCLOUD_TOKEN to ask the API`);
}

function notes(cost: CostEstimate): string {
  const soldOut = `sold out when last seen: ${cost.soldOut.join(", ")}; \`up\` fails with resource_unavailable while it is so`;
  const lines = [
    `prices of ${cost.date}, source: ${cost.source}`,
    "not in it: VAT, traffic beyond what Hetzner includes, a second copy of backups elsewhere",
    ...(cost.soldOut.length === 0 ? [] : [soldOut]),
  ];
  return `${lines.map((line) => `- ${line}`).join("\n")}\n\n`;
}

void runCommand(command);
