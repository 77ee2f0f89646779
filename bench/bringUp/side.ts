// Builds that bring the local platform up, one at a time: they share its addresses.
import { existsSync } from "node:fs";
import { cp, mkdir, readdir, readFile, symlink, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { execa } from "execa";
import { localCloudSettings } from "../../localcloud/src/settings/cloud";
import { projectRoot } from "../../scripts/localStack";
import type { Phase } from "../../scripts/phases";
import { cacheDir, type Progress } from "../../toolchain/cacheDir";
import { formerCommit, oldBuild } from "../oldBuild";

/** What one `npm run local` took, without what it built into its caches. */
export interface Run {
  readonly seconds: number;
  /** Of all processors of the machine meanwhile. */
  readonly processorSeconds: number;
  /** Where visitors reach the platform, and the address that its name would have in DNS. */
  readonly url: string;
  readonly address: string;
}

export interface Side {
  readonly name: string;
  /** Brings the platform up, or changes it. @param appNodes how many there shall be */
  up(appNodes: number): Promise<Run>;
  down(): Promise<void>;
}

/** Phases of a bring-up with warm caches. */
const measured = ["local cloud", "images of the roles", "pulumi up", "certificate"];

interface Build {
  readonly folder: string;
  readonly env?: Readonly<Record<string, string>>;
}

/** The stack's file with another number of app nodes. @throws when it has none */
export function withAppNodes(stackFile: string, count: number): string {
  if (!/^ {4}count: \d+$/m.test(stackFile)) throw new Error("the stack's file says no number of app nodes");
  return stackFile.replace(/^ {4}count: \d+$/m, `    count: ${count}`);
}

/** @param args of `npm run local` */
export async function todaysSide(name: string, args: readonly string[]): Promise<Side> {
  const build = { folder: projectRoot };
  const stackFile = await readFile(join(projectRoot, "Pulumi.local.yaml"), "utf8");
  const folder = cacheDir("bench", "bring-up");
  await mkdir(folder, { recursive: true });
  return {
    name,
    up: async (appNodes) => {
      const file = join(folder, `${appNodes}.yaml`);
      await writeFile(file, withAppNodes(stackFile, appNodes));
      return run(build, ["scripts/local.ts", ...args, "--config-file", file]);
    },
    down: () => start(build, ["scripts/localDown.ts"]),
  };
}

/** The former build, with a cache of its own: both would fill one registry with other images of the same names. */
export async function formerSide(progress: Progress): Promise<Side> {
  const folder = await oldBuild(formerCommit, progress);
  const build = { folder, env: { HETZNER_PLATFORM_CACHE: await formerCache() } };
  const path = join(folder, "Pulumi.local.yaml");
  const stackFile = await readFile(path, "utf8");
  return {
    name: formerCommit,
    up: async (appNodes) => {
      await writeFile(path, withAppNodes(stackFile, appNodes));
      return run(build, ["scripts/local.ts"]).finally(() => writeFile(path, stackFile));
    },
    down: () => start(build, ["scripts/localDown.ts"]),
  };
}

/** Programs that are compiled already are taken over, and Debian's packages. */
export async function formerCache(): Promise<string> {
  const cache = cacheDir("bench", `cache-${formerCommit}`);
  await mkdir(join(cache, "toolchain"), { recursive: true });
  for (const name of await readdir(cacheDir("toolchain")).catch(() => [])) {
    const link = join(cache, "toolchain", name);
    if (!existsSync(link) && /-[0-9a-f]{16}$/.test(name)) await symlink(cacheDir("toolchain", name), link);
  }
  const packages = join(cache, "packages");
  if (!existsSync(packages) && existsSync(cacheDir("packages")))
    await cp(cacheDir("packages"), packages, { recursive: true, preserveTimestamps: true });
  return cache;
}

async function run(build: Build, args: readonly string[]): Promise<Run> {
  await start(build, args);
  const text = await readFile(join(localCloudSettings().stateDir, "bring-up.json"), "utf8");
  const { phases, deployment } = JSON.parse(text) as {
    phases: Phase[];
    deployment: { outputs: { url: string; virtualIp: string } };
  };
  const counted = phases.filter(({ name }) => measured.includes(name));
  const sum = (of: (phase: Phase) => number) => counted.reduce((total, phase) => total + of(phase), 0);
  return {
    seconds: sum(({ seconds }) => seconds),
    processorSeconds: sum(({ cpuSeconds }) => cpuSeconds),
    url: deployment.outputs.url,
    address: deployment.outputs.virtualIp,
  };
}

/** @throws with the end of what the command said */
async function start({ folder, env }: Build, args: readonly string[]): Promise<void> {
  const command = [join(folder, "scripts/run.mjs"), ...args];
  await execa(process.execPath, command, { cwd: folder, all: true, ...(env && { env }) }).catch(
    ({ all = "" }: { readonly all?: string }) => {
      throw new Error(`${args.join(" ")} of ${folder} failed:\n${all.split("\n").slice(-25).join("\n")}`);
    },
  );
}
