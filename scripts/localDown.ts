import { Command } from "commander";
import { down } from "../localcloud/src/daemon/down";

new Command("npm run local:down")
  .description(
    "Removes the local platform: machines, networks, addresses, processes, and the state of the stack `local`.",
  )
  .addHelpText(
    "after",
    "\nWhat was built (engine, images, packages) stays cached, so that the next `npm run local` is quick.\n",
  )
  .action(() => down((line) => process.stdout.write(`${line}\n`)))
  .parseAsync()
  .catch((error: unknown) => {
    process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`);
    process.exitCode = 1;
  });
