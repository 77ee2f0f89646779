import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { Command } from "commander";
import { Listr, type ListrTask } from "listr2";
import { planPlatform } from "../components/presets";
import { loadStackFile } from "../components/stack/stackConfig";
import { describeTree } from "../components/views/tree";
import { up as localCloudUp } from "../localcloud/src/daemon/up";
import { ensureImages } from "../localcloud/src/images/ensureImages";
import { ensureBaseImage } from "../localcloud/src/machines/image";
import { localCloudSettings } from "../localcloud/src/settings/cloud";
import type { Progress } from "../toolchain/cacheDir";
import { ensurePulumiHome } from "../toolchain/pulumiHome";
import { bakedLocalConfig } from "./bake/localImages";
import { type Deployment, deploy } from "./deployment";
import { localStack, localStackName } from "./localStack";
import { type Phase, timed } from "./phases";
import { refuseMissingTools } from "./preflight";
import { repairStack } from "./repairStack";

interface Options {
  /** Machines are made from images of their roles. */
  readonly baked?: true;
  /** Configuration instead of `Pulumi.local.yaml`. */
  readonly configFile?: string;
}

interface Context {
  /** Configuration that takes the place of the stack's file. */
  configFile?: string;
  deployment?: Deployment;
}

const phases: Phase[] = [];

/** They wait for the network, for dpkg and for the compiler in turns, so side by side they end sooner. */
const builds: ListrTask<Context>[] = [
  build("Pulumi engine and providers", ensurePulumiHome),
  build("Debian image of the machines", ensureBaseImage),
  build("container images", ensureImages),
];

function build(title: string, ensure: (progress: Progress) => Promise<unknown>): ListrTask<Context> {
  return {
    title,
    task: (_, task) => timed(phases, title, async () => void (await ensure((line) => (task.output = line)))),
  };
}

function tasks({ baked, configFile }: Options): Listr<Context> {
  return new Listr<Context>(
    [
      {
        title: "Build what the cache does not hold",
        task: (_, task) => task.newListr(builds, { concurrent: true, exitOnError: true }),
      },
      {
        title: "Local cloud",
        task: (_, task) => timed(phases, "local cloud", () => localCloudUp((line) => (task.output = line))),
      },
      {
        title: "Images of the roles",
        enabled: baked === true,
        task: async (context, task) => {
          const say = (line: string) => (task.output = line);
          await timed(phases, "images of the roles", async () => {
            context.configFile = await bakedLocalConfig(say, configFile);
          });
        },
      },
      {
        title: "pulumi up",
        task: async (context, task) => {
          const progress = (line: string) => (task.output = line);
          context.deployment = await timed(phases, "pulumi up", async () => {
            const stack = await localStack();
            await repairStack(stack, progress);
            return deploy(stack, progress, context.configFile);
          });
          task.title = `pulumi up: ${summary(context.deployment)}`;
        },
      },
    ],
    { rendererOptions: { collapseSubtasks: false }, fallbackRenderer: "simple" },
  );
}

function summary({ changes }: Deployment): string {
  const changed = Object.entries(changes).filter(([kind]) => kind !== "same");
  return changed.length === 0
    ? "nothing to change"
    : changed.map(([kind, count]) => `${count} ${kind}`).join(", ");
}

async function main(options: Options): Promise<void> {
  await refuseMissingTools();
  const { deployment } = await tasks(options).run({
    ...(options.configFile && { configFile: options.configFile }),
  });
  if (deployment === undefined) throw new Error("the platform did not come up");
  const settings = await loadStackFile(localStackName);
  const { stateDir } = localCloudSettings();
  await writeFile(join(stateDir, "bring-up.json"), `${JSON.stringify({ phases, deployment }, null, 2)}\n`);
  const url = String(deployment.outputs.url);
  process.stdout.write(`
${describeTree(settings, planPlatform(settings))}
${phases.map((phase) => `${phase.name} ${phase.seconds.toFixed(0)} s`).join(", ")}

The platform answers at ${url}

Three things to try:
  curl -s ${url}/whoami | head -c 400                        which node and replica served you
  npm run localcloud -- fault power-off ${settings.environment}-app1     an app node without power for a minute; ask again
  npm run localcloud -- ssh ${settings.environment}-edge1 -- journalctl -n 20   look around on a machine

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
