import { Option } from "commander";
import { presets } from "../components/presets";
import { describePlatform } from "../components/views/description";
import { renderMermaid } from "../components/views/diagram";
import { renderSinglePoints, singlePoints } from "../components/views/singlePoints";
import { renderTree } from "../components/views/tree";
import { runCommand, stackCommand, type ViewOptions, viewedStack } from "./stackCommand";

interface DescribeOptions extends ViewOptions {
  readonly mermaid?: true;
  readonly spof?: true;
}

const outlines = Object.values(presets).map(({ name, title }) => `  ${name.padEnd(12)} ${title}`);

const command = stackCommand(
  "describe",
  "Prints the machines of a stack, what runs on them and who may reach which port, from the stack's files alone.",
)
  .addOption(new Option("--mermaid", "print a Mermaid graph of machines and flows").conflicts("spof"))
  .option("--spof", "print what can fail alone, and what it takes with it")
  .addHelpText(
    "after",
    `
Presets, which a stack chooses by \`preset\`; examples/presets has a stack of each:
${outlines.join("\n")}

Examples:
  npm run describe -- prod
  npm run describe -- prod --spof
  npm run --silent describe -- prod --json
  npm run --silent describe -- prod --mermaid >platform.mmd
  npm run describe -- foobar --directory examples/presets`,
  )
  .action((stack: string, options: DescribeOptions) => {
    process.stdout.write(view(stack, options));
  });

function view(stack: string, { directory, json, mermaid, spof }: DescribeOptions): string {
  const { settings, plan } = viewedStack(stack, directory);
  if (mermaid) return renderMermaid(plan);
  const asJson = (value: unknown) => `${JSON.stringify(value, null, 2)}\n`;
  if (spof) {
    const points = singlePoints(plan, settings);
    return json ? asJson(points) : renderSinglePoints(points);
  }
  const description = describePlatform(settings, plan);
  return json ? asJson(description) : renderTree(description);
}

void runCommand(command);
