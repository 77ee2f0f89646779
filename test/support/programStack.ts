// A stack of the real engine whose program runs in the test, with the state in a folder.
import { dirname } from "node:path";
import { LocalWorkspace, PulumiCommand, type Stack } from "@pulumi/pulumi/automation";
import { ensurePulumiHome } from "../../toolchain/pulumiHome";

/** Opens it, without a resource when its folder is empty. @throws as {@link ensurePulumiHome} does */
export async function stackIn(folder: string): Promise<Stack> {
  const home = await ensurePulumiHome((line) => console.error(line));
  return LocalWorkspace.createOrSelectStack(
    { stackName: "test", projectName: "test", program: async () => undefined },
    {
      workDir: folder,
      pulumiCommand: await PulumiCommand.get({ root: dirname(dirname(home.bin)) }),
      envVars: { ...home.env, PULUMI_BACKEND_URL: `file://${folder}`, PULUMI_CONFIG_PASSPHRASE: "test" },
    },
  );
}
