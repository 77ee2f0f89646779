// The phases of `npm run local`.
import { join } from "node:path";
import { Listr, type ListrTask } from "listr2";
import { up as localCloudUp } from "../localcloud/src/daemon/up";
import { ensureImages } from "../localcloud/src/images/ensureImages";
import { ensureBaseImage } from "../localcloud/src/machines/image";
import { localCloudSettings } from "../localcloud/src/settings/cloud";
import { ensureTool, fetchModulesOf, missingTools } from "../toolchain/build";
import type { Progress } from "../toolchain/cacheDir";
import { ensurePulumiHome } from "../toolchain/pulumiHome";
import type { ToolName } from "../toolchain/recipes";
import { bakedLocalConfig } from "./bake/localImages";
import type { Deployment } from "./deployment";
import { type FirstMachine, startFirstMachine } from "./firstMachine";
import { type Served, untilServed, visitedOf } from "./localCertificate";
import { localStack } from "./localStack";
import { deployLocal } from "./localUp";
import { type Phase, timed } from "./phases";
import { repairStack } from "./repairStack";
import { about, buildTime } from "./testRun/estimate";

export interface BringUpOptions {
  /** Machines are made from images of their roles. */
  readonly baked?: true;
  /** Configuration instead of `Pulumi.local.yaml`. */
  readonly configFile?: string;
}

interface Context {
  /** Configuration that takes the place of the stack's file. */
  configFile?: string;
  deployment?: Deployment;
  firstMachine?: FirstMachine;
  /** Which certificate visitors get. */
  served?: Served;
}

const phases: Phase[] = [];

/** Programs in the order in which they are built. */
const engine: readonly ToolName[] = [
  ...(["pulumi", "pulumi-language-nodejs", "pulumi-resource-hcloud"] as const),
  ...(["pulumi-resource-command", "pulumi-resource-random", "pulumi-resource-docker"] as const),
];
const services: readonly ToolName[] = ["versitygw", "traefik"];
const authority: readonly ToolName[] = ["pebble"];

/**
 * They wait for the network, for dpkg and for the compiler in turns, so side by side they end sooner. The compiler has
 * the lowest priority: the machines' Debian and the local cloud are there while it goes on.
 */
function builds(missing: readonly ToolName[]): ListrTask<Context>[] {
  const compile = (
    title: string,
    names: readonly ToolName[],
    ensure: (progress: Progress) => Promise<unknown>,
  ) => {
    const time = buildTime(
      names.filter((name) => missing.includes(name)),
      [],
      // They compile at the same time, one program after the other.
      1,
    );
    return build(
      time === undefined ? title : `${title} (compiling takes ${about(time.seconds)} of a processor)`,
      title,
      ensure,
    );
  };
  return [
    {
      title: "Local cloud",
      task: (_, task) =>
        task.newListr(cloudTasks(missing.length > 0), { concurrent: false, exitOnError: true }),
    },
    compile("Pulumi engine and providers", engine, ensurePulumiHome),
    compile("container images", services, ensureImages),
    compile("ACME server", authority, (progress) => ensureTool("pebble", progress)),
  ];
}

function build(
  title: string,
  name: string,
  ensure: (progress: Progress) => Promise<unknown>,
): ListrTask<Context> {
  return {
    title,
    task: (_, task) => timed(phases, name, async () => void (await ensure((line) => (task.output = line)))),
  };
}

/** The API and, where there is time to look around, a machine. */
function cloudTasks(isLong: boolean): ListrTask<Context>[] {
  const { endpoint, tokens, stateDir } = localCloudSettings();
  const [token = ""] = Object.values(tokens);
  return [
    build("Debian image of the machines", "Debian image of the machines", ensureBaseImage),
    {
      title: "API",
      task: async (_, task) => {
        await timed(phases, "local cloud", () => localCloudUp((line) => (task.output = line)));
        task.title = `API: ${endpoint}`;
      },
    },
    {
      title: "a first machine",
      enabled: isLong,
      task: async (context, task) => {
        const folder = join(stateDir, "first-machine");
        try {
          const machine = await timed(phases, "first machine", () =>
            startFirstMachine(endpoint, token, folder),
          );
          context.firstMachine = machine;
          task.title = `a first machine, until \`pulumi up\`: ${machine.ssh}`;
        } catch (error) {
          // Nothing depends on it.
          task.skip(`no first machine: ${error instanceof Error ? error.message : String(error)}`);
        }
      },
    },
  ];
}

function tasks(missing: readonly ToolName[], { baked, configFile }: BringUpOptions): Listr<Context> {
  return new Listr<Context>(
    [
      {
        title: "Build what the cache does not hold",
        task: (_, task) => task.newListr(builds(missing), { concurrent: true, exitOnError: true }),
      },
      {
        title: "Images of the roles",
        enabled: baked === true,
        task: async (context, task) => {
          const say = (line: string) => (task.output = line);
          await context.firstMachine?.remove();
          await timed(phases, "images of the roles", async () => {
            context.configFile = await bakedLocalConfig(say, configFile);
          });
        },
      },
      {
        title: "pulumi up",
        task: async (context, task) => {
          const progress = (line: string) => (task.output = line);
          await context.firstMachine?.remove();
          context.deployment = await timed(phases, "pulumi up", async () => {
            const stack = await localStack();
            await repairStack(stack, progress);
            return deployLocal(stack, progress, context.configFile);
          });
          task.title = `pulumi up: ${summary(context.deployment)}`;
        },
      },
      certificateTask,
    ],
    { rendererOptions: { collapseSubtasks: false }, fallbackRenderer: "simple" },
  );
}

/** Begun while `pulumi up` goes on; this waits for what is left. */
const certificateTask: ListrTask<Context> = {
  title: "certificate",
  task: async (context, task) => {
    const visited = context.deployment && visitedOf(context.deployment);
    if (visited === undefined) return task.skip("certificate: none, visitors come over HTTP");
    context.served = await timed(phases, "certificate", () =>
      untilServed(visited, (line) => (task.output = line)),
    );
    task.title = `certificate of ${visited.domain}`;
  },
};

/**
 * Brings everything up; the modules of programs that wait for the compiler come over the network meanwhile.
 *
 * @throws when a part does not come up
 */
export async function bringUp(options: BringUpOptions = {}): Promise<{
  readonly deployment: Deployment;
  readonly phases: readonly Phase[];
  readonly served: Served;
}> {
  const missing = await missingTools();
  const stop = new AbortController();
  const later = [...engine, ...services, ...authority].slice(1).filter((name) => missing.includes(name));
  const fetched = fetchModulesOf(later, stop.signal);
  try {
    const { deployment, served = "none" } = await tasks(missing, options).run({
      ...(options.configFile && { configFile: options.configFile }),
    });
    if (deployment === undefined) throw new Error("the platform did not come up");
    return { deployment, phases, served };
  } finally {
    stop.abort();
    await fetched;
  }
}

function summary({ changes }: Deployment): string {
  const changed = Object.entries(changes).filter(([kind]) => kind !== "same");
  return changed.length === 0
    ? "nothing to change"
    : changed.map(([kind, count]) => `${count} ${kind}`).join(", ");
}
