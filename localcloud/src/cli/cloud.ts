// Commands that concern the cloud as a whole.
import type { Command } from "commander";
import { readStatus } from "../control/socket";
import { down, leftovers } from "../daemon/down";
import { statusText } from "../daemon/statusText";
import { up } from "../daemon/up";
import { commandName, isBundle } from "../settings/program";
import { say, settings } from "./say";

export function addCloudCommands(cli: Command): void {
  cli
    .command("up")
    .description("start the local cloud, build the machines' image when it is missing; safe to repeat")
    .action(async () => say(statusText(await up(say))));
  cli
    .command("down")
    .description("remove machines, networks, addresses, processes and state; the cache stays")
    .option("--keep-cache", "keep images and packages (the default)")
    .option("--remove-cache", "remove images and packages too")
    .action(async ({ removeCache }: { removeCache?: boolean }) => {
      await down(say, { cache: removeCache ? "remove" : "keep" });
      const left = await leftovers();
      if (left.length > 0) throw new Error(`still there:\n${left.join("\n")}`);
      say("nothing is left");
    });
  cli
    .command("status")
    .description(
      "machines, addresses, helper processes; exit code 1 when it is not up, or a helper does not stay up",
    )
    .action(async () => {
      const status = await readStatus(settings());
      if (status === undefined) throw new Error(`the local cloud is not up: run \`${commandName} up\``);
      say(statusText(status));
      if (status.failing.length > 0) process.exitCode = 1;
    });
  addSoftwareCommands(cli);
}

/** What machines find beside the API. */
function addSoftwareCommands(cli: Command): void {
  cli
    .command("acme")
    .description("run an ACME server (Pebble), which issues certificates for names in the cloud's zones")
    .option("--program <path>", "Pebble's program (built here when it is not given)")
    .action(async ({ program }: { program?: string }) => {
      if (isBundle && program === undefined) throw new Error("say where Pebble is: acme --program PATH");
      const { ensureAcmeServer } = await import("../daemon/acme.js");
      const { directory, roots } = await ensureAcmeServer(say, program);
      say(`ACME directory: ${directory}\nroots of what it issues: ${roots}`);
    });
  cli
    .command("images")
    .description("fill the container registry: from Docker Hub, or built here where it cannot be reached")
    .action(async () => {
      if (isBundle)
        throw new Error("images are built from sources: run this in a checkout of the repository");
      const { ensureImages } = await import("../images/ensureImages.js");
      await ensureImages(say);
    });
}
