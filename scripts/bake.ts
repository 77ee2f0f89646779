import { join } from "node:path";
import { LocalWorkspace } from "@pulumi/pulumi/automation";
import { Command } from "commander";
import { datedPrices } from "../components/sizing/prices";
import { shortName } from "../components/stack/parse";
import { bakeSignal, carryOut, planBake, pruneImages } from "./bake/bake";
import { bakedImagesOf } from "./bake/images";
import { readAccess, readBakedStack } from "./bake/stack";
import { writeBakedImages } from "./bake/stackFile";
import { imagesText, planText } from "./bake/texts";
import { localStack, localStackName, projectRoot } from "./localStack";
import { runCommand } from "./stackCommand";

interface Options {
  readonly dryRun?: true;
  readonly list?: true;
  readonly prune?: true;
  readonly renew?: true;
}

const say = (line: string) => void process.stdout.write(`${line}\n`);

async function main(name: string, options: Options): Promise<void> {
  const { settings, software } = await readBakedStack(name);
  const { cloud, ...order } = await readAccess(await stackNamed(name), settings);
  const { environment, bakedImages = {}, location } = settings;
  const price = datedPrices(location)?.snapshotPerGb;
  const roles = software.map(({ role }) => role);
  const named = Object.values(bakedImages);
  const list = async (used: readonly number[]) =>
    say(imagesText(await bakedImagesOf(cloud, environment), used, price));
  if (options.list) return list(named);
  if (options.prune) {
    const removed = await pruneImages(cloud, environment, roles, named);
    return say(`removed ${removed.length} images that nobody needs`);
  }
  const plan = await planBake(cloud, environment, software, options.renew ?? false);
  say(planText(plan, price));
  if (options.dryRun) return;
  const ids = await carryOut(cloud, { ...order, signal: bakeSignal(say) }, plan, (role, line) =>
    say(`${role}: ${line}`),
  );
  const images = Object.fromEntries(roles.flatMap((role) => (ids[role] ? [[role, ids[role]]] : [])));
  say(await howToUse(name, settings.image, images));
  await pruneImages(cloud, environment, roles, [...named, ...Object.values(images)]);
  await list(Object.values(images));
}

/** Writes down which images new machines are made from. The local stack's file is the same for everybody. */
async function howToUse(
  stack: string,
  image: string,
  images: Readonly<Record<string, number>>,
): Promise<string> {
  if (stack === localStackName) return "npm run local -- --baked makes machines from them";
  const file = `Pulumi.${shortName(stack)}.yaml`;
  await writeBakedImages(join(projectRoot, file), images);
  return image === "baked"
    ? `${file} names them, and new machines are made from them`
    : `${file} names them; new machines are made from them after: pulumi config set image baked`;
}

const stackNamed = (name: string) =>
  name === localStackName
    ? localStack()
    : LocalWorkspace.selectStack({ stackName: name, workDir: projectRoot });

const command = new Command("npm run bake --")
  .description(
    "Makes an image for each role of a stack, with its packages and container images: machines that are made from it are set up in a part of the time.",
  )
  .argument("<stack>", "stack whose Pulumi.<stack>.yaml is read and gets the numbers of the images: prod, qa")
  .option("--dry-run", "only says what would be made, and what it costs")
  .option("--list", "only lists the images that there are")
  .option("--prune", "only removes the images that nobody needs")
  .option("--renew", "makes all images anew, also those that hold what is wanted")
  .exitOverride()
  .addHelpText(
    "after",
    `
For each role a server of the smallest disk is made from debian-13 and runs the role's own set-up until its packages and
container images are there. What is that machine's own is removed (host keys, machine id, logs), its disk is copied, and
it goes again with its firewall and its key. No secret is ever on it. Nothing is made for a role whose image holds what is
wanted and is younger than 30 days; of each role the last two images stay.

Ctrl-C removes what was begun. What a killed bake has left is removed by the next one; one bake at a time for each stack.

\`image: baked\` in the stack's file uses the images for machines that are made from then on and never replaces one that
runs. A machine whose image is older than a day brings its packages up to date before anything on it starts.

Examples:
  npm run bake -- prod --dry-run
  npm run bake -- prod && pulumi config set image baked && pulumi up
`,
  )
  .action(main);

void runCommand(command);
