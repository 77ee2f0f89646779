import { projectName } from "../components/stack/stackFile";
import { openStack } from "./openStack";
import { plainTable } from "./plainTable";
import { type Promotion, promotion } from "./promote/promotion";
import { runningImages, serviceImages, writeImages } from "./promote/stackImages";
import { runCommand, stackCommand, type ViewOptions, viewedStack } from "./stackCommand";

interface PromoteOptions extends ViewOptions {
  readonly service?: readonly string[];
  readonly dryRun?: true;
}

const command = stackCommand(
  "promote",
  "Writes the images that one stack runs into the file of another, each with the digest that was tested.",
)
  .argument("<target>", "stack whose file is written: prod")
  .option("-s, --service <names...>", "only these services")
  .option("--dry-run", "say what would be written")
  .addHelpText(
    "after",
    `
What has not run in the first stack, or ran in an up that failed, is refused. Nothing is deployed: look at the changed
file, commit it, and run \`pulumi up\` or \`npm run deploy\` for the target.

Examples:
  npm run promote -- qa prod
  npm run promote -- qa prod --service web api`,
  )
  .action(promote);

async function promote(tested: string, target: string, options: PromoteOptions): Promise<void> {
  const { directory, service, json, dryRun } = options;
  const services = {
    tested: serviceImages(viewedStack(tested, directory).settings),
    target: serviceImages(viewedStack(target, directory).settings),
  };
  const running = await runningImages(await openStack(tested));
  const result = promotion({ tested, target }, services, running, service);
  if (result.problems.length > 0) throw new Error(result.problems.join("\n"));
  if (dryRun !== true && result.changes.length > 0)
    writeImages(target, projectName(directory), result.changes, directory);
  process.stdout.write(json ? `${JSON.stringify(result, null, 2)}\n` : promotionText(target, result, dryRun));
}

function promotionText(target: string, { changes, same }: Promotion, dryRun?: true): string {
  const already = same.length === 0 ? "" : `the same already: ${same.join(", ")}\n`;
  if (changes.length === 0) return `${already}nothing to write\n`;
  const table = plainTable(["service", "was", "becomes"]);
  for (const { service, from, to } of changes) table.push([service, from, to]);
  const said = dryRun === true ? "nothing written: --dry-run" : `written into Pulumi.${target}.yaml`;
  return `${table.toString()}\n${already}${said}\n`;
}

void runCommand(command);
