// `npm run local -- --baked`: the stack's file is the same for everybody, so what is baked stands in a copy of it.
import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { localCloudSettings } from "../../localcloud/src/settings/cloud";
import type { Progress } from "../../toolchain/cacheDir";
import { localStack, localStackName, projectRoot } from "../localStack";
import { bakeSignal, carryOut, planBake } from "./bake";
import { readAccess, readBakedStack } from "./stack";
import { withBakedImages } from "./stackFile";

/**
 * Bakes what is not baked yet; the local cloud is up.
 *
 * @param configFile configuration that is to hold. @default - the stack's file
 * @returns path of the configuration that makes machines from it
 */
export async function bakedLocalConfig(
  progress: Progress,
  configFile = join(projectRoot, `Pulumi.${localStackName}.yaml`),
): Promise<string> {
  const { settings, software } = await readBakedStack(localStackName);
  const { cloud, ...order } = await readAccess(await localStack(), settings);
  const plan = await planBake(cloud, settings.environment, software, false);
  const images = await carryOut(cloud, { ...order, signal: bakeSignal(progress) }, plan, (role, line) =>
    progress(`${role}: ${line}`),
  );
  const text = await readFile(configFile, "utf8");
  const path = join(localCloudSettings().stateDir, "baked-stack.yaml");
  const baked = withBakedImages(text, images);
  await writeFile(path, baked.replace(/^config:\n/m, "config:\n  hetzner-platform:image: baked\n"));
  return path;
}
