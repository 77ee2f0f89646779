import { Command } from "commander";
import { requireOneCloud } from "../daemon/clouds";
import { requireRootOnLinux } from "../daemon/up";
import { localCloudSettings } from "../settings/cloud";
import { commandName } from "../settings/program";
import { addCloudCommands } from "./cloud";
import { addFaultCommands } from "./faults";
import { addMachineCommands } from "./machines";

function program(): Command {
  const cli = new Command(commandName)
    .description(
      "A Hetzner Cloud on this Linux machine: the API v1, real Debian machines, real networks. Needs root.",
    )
    .enablePositionalOptions()
    .hook("preAction", requireRootOnLinux)
    .hook("preAction", () => requireOneCloud(localCloudSettings()))
    .addHelpText(
      "after",
      `
Examples:
  ${commandName} up                                     bring it up, or see that it is up
  curl -H "Authorization: Bearer TOKEN" http://198.51.100.1:8080/v1/servers   use it with any Hetzner client
  ${commandName} status
  ${commandName} ssh web1 -- uptime                     with your own SSH key, as on Hetzner
  ${commandName} exec web1 -- systemctl --failed        without SSH, from the host
  ${commandName} internet -- curl -s http://203.0.113.1/   as a client somewhere outside
  ${commandName} fault power-off web1 --for 30s         pull the plug; \`fault --help\` tells of all faults
  ${commandName} down                                   leave nothing behind

State: $LOCALCLOUD_STATE, else /var/lib/hetzner-platform. Other variables: localcloud/src/settings/cloud.ts.`,
    );
  addCloudCommands(cli);
  addMachineCommands(cli);
  addFaultCommands(cli);
  return cli;
}

program()
  .parseAsync()
  .catch((error: unknown) => {
    process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`);
    process.exitCode = 1;
  });
