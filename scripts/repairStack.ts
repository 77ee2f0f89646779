import type { Stack } from "@pulumi/pulumi/automation";
import { Command } from "commander";
import { platformLabels } from "../components/machine/labels";
import { shortName } from "../components/stack/parse";
import type { Progress } from "../toolchain/cacheDir";
import { type CloudClients, cloudClient } from "./cloudClient";
import { openDeadLock } from "./deadLock";
import { leftBehind } from "./leftBehind";
import { openStack } from "./openStack";
import { endOrphanedPlugins } from "./orphanedPlugins";
import { repair } from "./repair";

const cloudEndpoint = "https://api.hetzner.cloud/v1";
const hetznerEndpoint = "https://api.hetzner.com/v1";

/**
 * `repair` with the credentials of the stack's own configuration.
 *
 * @returns how many operations had been begun and not recorded
 * @throws when the stack has no `hcloud:token`
 */
export async function repairStack(stack: Stack, progress: Progress): Promise<number> {
  const { PULUMI_HOME } = stack.workspace.envVars;
  if (PULUMI_HOME !== undefined) {
    const ended = await endOrphanedPlugins(PULUMI_HOME);
    if (ended > 0) progress(`ended ${ended} providers of a killed engine`);
  }
  if (await openDeadLock(stack)) progress("opened the lock of a killed engine");
  return repair(stack, await cloudsOf(stack), progress);
}

/** Lines about what is billed and in no state; see {@link leftBehind}. */
async function stillBilled(stack: Stack): Promise<string[]> {
  const { deployment } = await stack.exportStack();
  const { resources = [] } = (deployment ?? {}) as { resources?: { type: string; id?: string }[] };
  const named = await stack.getConfig("hetzner-platform:environment").catch(() => undefined);
  return leftBehind(await cloudsOf(stack), resources, platformLabels(named?.value ?? shortName(stack.name)));
}

async function cloudsOf(stack: Stack): Promise<CloudClients> {
  const config = await stack.getAllConfig();
  const token = config["hcloud:token"]?.value ?? process.env.HCLOUD_TOKEN;
  if (token === undefined)
    throw new Error("hcloud:token is not set: pulumi config set hcloud:token --secret");
  const cloud = config["hcloud:endpoint"]?.value ?? process.env.HCLOUD_ENDPOINT ?? cloudEndpoint;
  const hetzner = config["hcloud:endpointHetzner"]?.value ?? process.env.HETZNER_ENDPOINT ?? hetznerEndpoint;
  return { cloud: cloudClient(cloud, token), hetzner: cloudClient(hetzner, token) };
}

async function main(name: string): Promise<void> {
  const stack = await openStack(name);
  const say = (line: string) => process.stdout.write(`${line}\n`);
  const repaired = await repairStack(stack, say);
  for (const line of await stillBilled(stack)) say(line);
  process.stdout.write(
    repaired === 0 ? "nothing to repair: the last run came to its end\n" : "done: run `pulumi up` again\n",
  );
}

if (require.main === module) {
  new Command("npm run repair --")
    .description(
      "Makes a stack ready for `pulumi up` after an `up` or `destroy` was killed, or lost an answer of the API.",
    )
    .argument("<stack>", "for example prod")
    .addHelpText(
      "after",
      "\nWhat the run had begun to create is taken into the state, or removed from the cloud when nothing can be on it;\n" +
        "what it had begun to change or delete is read from there. Everything else stays as it is.\n" +
        "What is billed at Hetzner and in no state is named at the end, also after a green `destroy`.\n" +
        "Run `pulumi cancel` first when Pulumi says that the stack is locked and its engine ran on another machine.\n",
    )
    .action(main)
    .parseAsync()
    .catch((error: unknown) => {
      process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`);
      process.exitCode = 1;
    });
}
