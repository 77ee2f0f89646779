// The peer of our program: another one for the same stack, which registers the resources that the state names, with
// their inputs, and computes nothing.
import { copyFile, cp, mkdir, symlink, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { execa } from "execa";
import { projectRoot } from "../../scripts/localStack";
import { backendUrl, type Side, sideOf } from "../noChange/side";

interface Deployment {
  readonly deployment: { readonly resources: readonly { readonly type: string }[] };
}

export interface Replay {
  readonly side: Side;
  /** Resources of both programs. */
  readonly count: number;
}

/**
 * @param ours a side that is up
 * @param folder for program and state, which is a copy
 */
export async function replayOf(ours: Side, folder: string): Promise<Replay> {
  const { env, state, configFile } = ours.stack;
  const args = ["stack", "export", "--stack", "qa", "--show-secrets"];
  const { stdout } = await execa("pulumi", args, { cwd: join(configFile, ".."), env, maxBuffer: 1e9 });
  const { deployment } = JSON.parse(stdout) as Deployment;
  const resources = deployment.resources.filter(({ type }) => !isEngines(type));
  await mkdir(folder, { recursive: true });
  await cp(state, join(folder, "state"), { recursive: true });
  await copyFile(configFile, join(folder, "Pulumi.qa.yaml"));
  await copyFile(join(__dirname, "replay.cjs"), join(folder, "index.js"));
  await writeFile(join(folder, "resources.json"), JSON.stringify(resources));
  await writeFile(join(folder, "Pulumi.yaml"), replayProject);
  await symlink(join(projectRoot, "node_modules"), join(folder, "node_modules"));
  const stack = {
    state: join(folder, "state"),
    configFile: join(folder, "Pulumi.qa.yaml"),
    // As our program does for itself.
    env: {
      ...env,
      PULUMI_BACKEND_URL: backendUrl(join(folder, "state")),
      NODE_COMPILE_CACHE: join(folder, "compiled"),
    },
  };
  return { side: sideOf(folder, stack), count: resources.length };
}

const replayProject = "name: hetzner-platform\nruntime:\n  name: nodejs\n  options:\n    typescript: false\n";

/** The stack itself and providers: the engine makes them. */
function isEngines(type: string): boolean {
  return type === "pulumi:pulumi:Stack" || type.startsWith("pulumi:providers:");
}
