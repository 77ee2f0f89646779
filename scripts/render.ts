import { Command } from "commander";
import { programInputs, readStackFile } from "../components/stack/stackFile";
import { renderSetups } from "./renderSetups";
import { projectDirectory, runCommand } from "./stackCommand";

const command = new Command("npm run render --")
  .description(
    "Prints the script that `pulumi up` sends to a machine, with names in place of secrets: the preview shows [secret] only.",
  )
  .argument("<stack>", "stack whose Pulumi.<stack>.yaml is read: prod, qa, local")
  .argument("[machine]", "machine: database1 or prod-database1; without one, the machines are listed")
  .option("-d, --directory <path>", "where Pulumi.yaml lies", projectDirectory)
  .exitOverride()
  .addHelpText(
    "after",
    `
Ids and addresses that only \`up\` knows, digests of tags and secrets are words in capitals: SECRET-prod-database-cache-app.
What is derived from a secret (a verifier, a key) is derived from that word, so it tells nothing.

Examples: what a change does to a machine
  npm run --silent render -- prod database1 >before
  $EDITOR Pulumi.prod.yaml
  npm run --silent render -- prod database1 | diff before -`,
  )
  .action(async (stack: string, machine: string | undefined, options: { readonly directory: string }) => {
    const { settings } = readStackFile(stack, options.directory);
    const setups = await renderSetups(settings, programInputs(stack, options.directory));
    const names = [...setups.keys()].sort();
    if (machine === undefined) {
      process.stdout.write(`${names.join("\n")}\n`);
      return;
    }
    const script = setups.get(machine) ?? setups.get(`${settings.environment}-${machine}`);
    if (script === undefined)
      throw new Error(`stack ${stack} has no machine ${machine}; there are: ${names.join(", ")}`);
    process.stdout.write(script);
  });

void runCommand(command);
