import { planPlatform } from "../components/presets/multiServer";
import { describePlatform } from "../components/views/description";
import { renderTree } from "../components/views/tree";
import { runCommand, stackCommand, type ViewOptions, viewedSettings } from "./stackCommand";

const command = stackCommand(
  "describe",
  "Prints the machines of a stack, what runs on them and who may reach which port, from the stack's files alone.",
)
  .addHelpText("after", "\nExamples:\n  npm run describe -- prod\n  npm run --silent describe -- prod --json")
  .action((stack: string, options: ViewOptions) => {
    const settings = viewedSettings(stack, options.directory);
    const description = describePlatform(settings, planPlatform(settings));
    const text = options.json ? `${JSON.stringify(description, null, 2)}\n` : renderTree(description);
    process.stdout.write(text);
  });

void runCommand(command);
