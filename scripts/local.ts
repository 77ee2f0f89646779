import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { Command } from "commander";
import { loadStackFile } from "../components/stack/stackFile";
import { localCloudSettings } from "../localcloud/src/settings/cloud";
import type { BringUpOptions } from "./bringUp";
import { curlFor, reachedText } from "./localTexts";
import { overview } from "./overview";

async function main(options: BringUpOptions): Promise<void> {
  const settings = loadStackFile("local");
  process.stdout.write(`${overview(settings)}\n`);
  // Only now, because loading what builds and deploys takes longer than saying what it will be.
  const [{ refuseMissingTools }, { bringUp }] = await Promise.all([
    import("./preflight.js"),
    import("./bringUp.js"),
  ]);
  await refuseMissingTools();
  const { deployment, phases, served } = await bringUp(options);
  const { stateDir, paths } = localCloudSettings();
  await writeFile(join(stateDir, "bring-up.json"), `${JSON.stringify({ phases, deployment }, null, 2)}\n`);
  const url = String(deployment.outputs.url);
  const reached = { url, address: String(deployment.outputs.virtualIp), served, roots: paths.acmeRoots };
  process.stdout.write(`
${phases.map((phase) => `${phase.name} ${phase.seconds.toFixed(0)} s`).join(", ")}

${reachedText(reached)}

Three things to try:
  ${curlFor(reached)} ${url}/whoami | head -c 400
      which node and replica served you
  npm run localcloud -- fault power-off ${settings.environment}-app1
      an app node without power for a minute; ask again
  npm run localcloud -- ssh ${settings.environment}-edge1 -- journalctl -n 20
      look around on a machine

npm run local:down removes everything.
`);
}

new Command("npm run local")
  .description(
    "Brings the whole platform up on this machine: toolchain, local cloud, `pulumi up`. Run it again at any time.",
  )
  .option(
    "--baked",
    "makes new machines from images of their roles, which the first time makes: docs/operations.md",
  )
  .option("--config-file <file>", "configuration instead of Pulumi.local.yaml, which it is a changed copy of")
  .addHelpText(
    "after",
    "\nIt needs root on Linux, Node and Go. Everything it builds is cached; `npm run local:down` removes the machines.\n",
  )
  .action(main)
  .parseAsync()
  .catch((error: unknown) => {
    process.stderr.write(`\n${error instanceof Error ? error.message : String(error)}\n`);
    process.exitCode = 1;
  });
