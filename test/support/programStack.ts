// A stack of the real engine whose program runs in the test, with the state in a folder.
import { dirname } from "node:path";
import { LocalWorkspace, PulumiCommand, type PulumiFn, type Stack } from "@pulumi/pulumi/automation";
import { ensurePulumiHome } from "../../toolchain/pulumiHome";

export interface ProgramStackOptions {
  /** @default "test" */
  readonly stackName?: string;
  /** @default "test" */
  readonly projectName?: string;
  /** Can be replaced later: `stack.workspace.program`. @default nothing */
  readonly program?: PulumiFn;
  /** Of the engine, beside and instead of what it needs for the folder. @default none */
  readonly env?: Readonly<Record<string, string>>;
}

/** Opens it, without a resource when its folder is empty. @throws as {@link ensurePulumiHome} does */
export async function stackIn(folder: string, options: ProgramStackOptions = {}): Promise<Stack> {
  const { stackName = "test", projectName = "test", program = async () => undefined, env = {} } = options;
  const home = await ensurePulumiHome((line) => console.error(line));
  return LocalWorkspace.createOrSelectStack(
    { stackName, projectName, program },
    {
      workDir: folder,
      pulumiCommand: await PulumiCommand.get({ root: dirname(dirname(home.bin)) }),
      envVars: {
        ...home.env,
        PULUMI_BACKEND_URL: `file://${folder}`,
        PULUMI_CONFIG_PASSPHRASE: "test",
        ...env,
      },
    },
  );
}
